/**
 * What can be set about a node: one table, from which flags, environment, file, defaults and help all follow.
 *
 * A setting is `--data-dir`, `UPFRONT_DATA_DIR` and `"dataDir"`. No secret is among them: keys reach startNode as bytes.
 */
import { availableParallelism } from 'node:os';
import { defaultLimits } from '../limits.ts';
import { logLevels } from '../log.ts';

/** How a setting's text is read. */
export type Kind =
  | { readonly type: 'text' }
  | { readonly type: 'path' }
  | { readonly type: 'url' }
  | { readonly type: 'flag' }
  | { readonly type: 'address' }
  | { readonly type: 'integer'; readonly least: number; readonly most: number }
  | { readonly type: 'choice'; readonly of: readonly string[] };

export interface Setting {
  readonly kind: Kind;
  /** Undefined: none. */
  readonly unit?: string;
  /** Undefined: it must be set, unless it is `optional`. */
  readonly default?: string | number | boolean;
  readonly optional?: true;
  readonly help: string;
}

const port = { type: 'integer', least: 0, most: 65_535 } as const;
const count = { type: 'integer', least: 1, most: 2 ** 31 } as const;
const bytes = { type: 'integer', least: 1, most: 2 ** 40 } as const;

export const settings = {
  dataDir: { kind: { type: 'path' }, default: 'upfront-data', help: 'folder of the blocks and snapshots' },
  genesis: {
    kind: { type: 'path' },
    default: 'genesis.json',
    help: 'file that says what the network begins with',
  },
  engine: {
    kind: { type: 'choice', of: ['embedded', 'cometbft'] },
    default: 'embedded',
    help: 'what orders blocks: one operator in this process, or a committee',
  },
  committee: {
    kind: { type: 'path' },
    optional: true,
    help: 'file that says where the nodes of the committee are; for the engine cometbft',
  },
  cometbft: { kind: { type: 'text' }, default: 'cometbft', help: 'CometBFT’s executable' },
  p2pHost: {
    kind: { type: 'text' },
    default: '0.0.0.0',
    help: 'address that CometBFT listens on for other nodes',
  },
  p2pPort: { kind: port, default: 26_656, help: 'port of the same' },
  linkHost: {
    kind: { type: 'text' },
    default: '0.0.0.0',
    help: 'address where other nodes of the committee hand messages on',
  },
  linkPort: { kind: port, default: 26_756, help: 'port of the same' },
  cometRpcPort: {
    kind: port,
    default: 0,
    help: 'port of CometBFT’s own RPC, which state sync of others needs; 0: none',
  },
  cometRpcHost: { kind: { type: 'text' }, default: '127.0.0.1', help: 'address that it listens on' },
  stateSync: {
    kind: { type: 'text' },
    optional: true,
    help: 'CometBFT RPC URLs of at least two nodes, comma between: an empty data folder begins with a snapshot of theirs',
  },
  trustHeight: {
    kind: { type: 'integer', least: 1, most: Number.MAX_SAFE_INTEGER },
    optional: true,
    help: 'height of a CometBFT block of the last week that you trust; for state sync',
  },
  trustHash: { kind: { type: 'text' }, optional: true, help: 'its hash, 64 hex digits' },
  watch: {
    kind: { type: 'text' },
    optional: true,
    help: 'URLs of other nodes’ API, comma between: late signatures are taken from them, and who signs two headers is found out',
  },
  blockMs: {
    kind: { type: 'integer', least: 1, most: 60_000 },
    unit: 'ms',
    default: 300,
    help: 'pause of a committee between two blocks',
  },
  rotateIn: {
    kind: { type: 'address' },
    optional: true,
    help: 'member of L1 that this validator wants in the set',
  },
  rotateOut: {
    kind: { type: 'address' },
    optional: true,
    help: 'validator that this one wants out of the set',
  },
  host: { kind: { type: 'text' }, default: '127.0.0.1', help: 'address that the API listens on' },
  port: { kind: port, default: 8640, help: 'port of the API; 0 takes a free one' },
  explorer: {
    kind: { type: 'path' },
    optional: true,
    help: 'folder of the page that is served beside the API (@upfront/explorer); without it none is',
  },
  publicL1Url: {
    kind: { type: 'url' },
    optional: true,
    help: 'JSON-RPC of the first layer that browsers may use; everybody is told of it, so no key may be in it',
  },
  metrics: { kind: { type: 'flag' }, default: true, help: 'serve metrics for Prometheus' },
  metricsHost: { kind: { type: 'text' }, default: '127.0.0.1', help: 'address that the metrics listen on' },
  metricsPort: { kind: port, default: 8641, help: 'port of the metrics; 0 takes a free one' },
  l1Url: {
    kind: { type: 'url' },
    optional: true,
    help: 'JSON-RPC of the first layer; without it no items and no settlements',
  },
  l1Tag: {
    kind: { type: 'choice', of: ['finalized', 'safe', 'latest'] },
    default: 'finalized',
    help: 'L1 blocks that are taken as final; only for chains without finality anything but finalized',
  },
  l1PollMs: {
    kind: { type: 'integer', least: 50, most: 600_000 },
    unit: 'ms',
    default: 4000,
    help: 'time between two looks at the first layer',
  },
  l1FromBlock: {
    kind: { type: 'integer', least: 0, most: Number.MAX_SAFE_INTEGER },
    unit: 'L1 block',
    default: 0,
    help: 'block of the contract’s deployment, where the search for its items begins',
  },
  relay: {
    kind: { type: 'flag' },
    default: true,
    help: 'send formed settlements to the contract, if there is a key',
  },
  workers: {
    kind: { type: 'integer', least: 1, most: 256 },
    unit: 'threads',
    default: Math.max(1, availableParallelism() - 1),
    help: 'threads that check signatures',
  },
  connections: { kind: count, default: defaultLimits.connections, help: 'WebSockets in all' },
  connectionsPerAddress: {
    kind: count,
    default: defaultLimits.connectionsPerAddress,
    help: 'WebSockets from one remote address',
  },
  messageRate: {
    kind: count,
    unit: 'messages/s',
    default: defaultLimits.messageRate,
    help: 'messages that one socket, or one address over HTTP, may send; twice as many at once',
  },
  requestRate: {
    kind: count,
    unit: 'requests/s',
    default: defaultLimits.requestRate,
    help: 'other requests of the same; twice as many at once',
  },
  intakeBytes: {
    kind: bytes,
    unit: 'bytes',
    default: defaultLimits.intakeBytes,
    help: 'messages taken in and not yet answered, of everybody',
  },
  streamQueueBytes: {
    kind: bytes,
    unit: 'bytes',
    default: defaultLimits.streamQueueBytes,
    help: 'what a reader may leave unread until it is cut off',
  },
  drainMs: {
    kind: { type: 'integer', least: 1, most: 600_000 },
    unit: 'ms',
    default: defaultLimits.drainMs,
    help: 'how long a stop waits for answers that are due',
  },
  logLevel: {
    kind: { type: 'choice', of: logLevels },
    default: 'info',
    help: 'least severe lines of the log',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

type TypeOf<K extends Kind> = K extends { type: 'integer' }
  ? number
  : K extends { type: 'flag' }
    ? boolean
    : K extends { type: 'choice'; of: readonly (infer C)[] }
      ? C
      : string;

/** The value of every setting; optional ones may be undefined. */
export type Config = {
  readonly [N in SettingName]: (typeof settings)[N] extends { optional: true }
    ? TypeOf<(typeof settings)[N]['kind']> | undefined
    : TypeOf<(typeof settings)[N]['kind']>;
};

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** `--data-dir` */
export function flagOf(name: SettingName): string {
  return `--${kebab(name)}`;
}

/** `UPFRONT_DATA_DIR` */
export function variableOf(name: SettingName): string {
  return `UPFRONT_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}

/** What a flag takes, as help shows it: `<ms>`; undefined of a switch. */
export function argumentOf(name: SettingName): string | undefined {
  const setting: Setting = settings[name];
  const { kind, unit } = setting;
  if (kind.type === 'flag') return undefined;
  if (kind.type === 'choice') return `<${kind.of.join('|')}>`;
  return `<${unit ?? (kind.type === 'integer' ? 'n' : kind.type)}>`;
}

/** One line a setting: flag, argument, help, default, variable. */
export function settingsHelp(): string {
  const rows = settingNames.map((name) => {
    const setting: Setting = settings[name];
    const argument = argumentOf(name);
    const left =
      argument === undefined ? `${flagOf(name)}, --no-${kebab(name)}` : `${flagOf(name)} ${argument}`;
    const byDefault = setting.default === undefined ? 'none' : String(setting.default);
    return [left, `${setting.help} (default ${byDefault}; ${variableOf(name)})`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
