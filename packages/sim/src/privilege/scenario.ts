/**
 * A scenario: who takes part, what each wants, and on which network. JSON in, a checked and completed value out.
 *
 * The schema is the documentation of the file (docs/privilege.md); an error names the field by its path.
 * Invariant: a parsed scenario is bounded, so that no file makes a run endless.
 */
import { defaultParameters, type Parameters, STANDING_ONE } from '@upfront/core';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/** Accounts that take part in one run, and idle ones besides. */
export const ACTIVE_MOST = 20_000;
export const IDLE_MOST = 4_000_000;
/** Blocks of one run. */
export const BLOCKS_MOST = 20_000;
export const SWEEP_MOST = 12;

const strict = { additionalProperties: false };
const Seconds = (description: string, fallback: number) =>
  Type.Number({ minimum: 0, maximum: 86_400, default: fallback, description });
const Count = Type.Integer({ minimum: 0, maximum: ACTIVE_MOST, default: 1, description: 'accounts' });
const Name = Type.String({ pattern: '^[a-z][a-z0-9 -]{0,31}$', description: 'lower-case words' });
const Standing = Type.Optional(
  Type.Number({
    minimum: 1 / 1024,
    maximum: 1,
    description: 'at first; the standing of a new account if left out',
  }),
);
const Post = Type.Optional(
  Type.Object(
    {
      size: Type.Integer({ minimum: 0, maximum: 16_384, default: 256, description: 'bytes declared' }),
      stake: Type.Integer({ minimum: 0, maximum: 1e12, default: 0, description: 'units' }),
    },
    { ...strict, description: 'all of its activities are posts to the one topic of the scenario' },
  ),
);

const Honest = Type.Object(
  {
    name: Name,
    count: Count,
    standing: Standing,
    demand: Type.Object(
      {
        rate: Type.Number({
          exclusiveMinimum: 0,
          maximum: 100_000,
          description: 'activities a second, each account',
        }),
        law: Type.Enum(['poisson', 'steady', 'pareto'], { default: 'poisson' }),
        alpha: Type.Number({
          exclusiveMinimum: 1,
          maximum: 10,
          default: 1.2,
          description: 'of pareto: the heavier the tail, the nearer to 1',
        }),
      },
      strict,
    ),
    hold: Seconds('from dealing to fulfilling; at least one block', 1),
    patience: Seconds('an activity that waited so long is given up', 60),
    start: Seconds('when the first comes', 0),
    stagger: Seconds('between one and the next', 0),
    crash: Type.Optional(
      Type.Object(
        {
          at: Seconds('when it stops', 120),
          for: Seconds('how long it is away', 90),
          open: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 65_536,
              description: 'nonces open just then; as many as it has if left out',
            }),
          ),
        },
        strict,
      ),
    ),
    griefed: Type.Optional(
      Type.Object(
        {
          share: Type.Number({
            minimum: 0,
            maximum: 1,
            description: 'of its activities: holds whose payee never captures',
          }),
          window: Seconds('of such a hold', 600),
        },
        strict,
      ),
    ),
    post: Post,
  },
  strict,
);

const Attackers = Type.Object(
  {
    name: Name,
    count: Count,
    standing: Standing,
    behaviour: Type.Enum(['withhold', 'pulse', 'slow', 'lapse', 'sybil']),
    window: Seconds('of lapse: of its holds', 600),
    target: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 1,
      description: 'of pulse: the standing at which it strikes',
    }),
    rebuild: Seconds('of pulse: it strikes after so long at the latest', 60),
    most: Type.Integer({
      minimum: 1,
      maximum: 2 ** 31,
      default: 2 ** 31,
      description: 'places that one tries to hold',
    }),
    start: Seconds('when the first comes', 60),
    stagger: Seconds('between one and the next', 0),
    post: Post,
  },
  strict,
);

const Network = Type.Object(
  {
    block: Type.Integer({ minimum: 1, maximum: 1000, default: 1000, description: 'ms between blocks' }),
    capacity: Type.Integer({
      minimum: 1,
      maximum: 2 ** 24,
      default: defaultParameters.capacity,
      description: 'places',
    }),
    maxPlaces: Type.Integer({ minimum: 1, maximum: 65_536, default: defaultParameters.maxPlaces }),
    standingStart: Type.Integer({
      minimum: 1,
      maximum: STANDING_ONE,
      default: defaultParameters.standingStart,
    }),
    standingFloor: Type.Integer({
      minimum: 1,
      maximum: STANDING_ONE,
      default: defaultParameters.standingFloor,
    }),
    standingGain: Type.Integer({
      minimum: 1,
      maximum: STANDING_ONE,
      default: defaultParameters.standingGain,
    }),
    windowTransfer: Type.Integer({
      minimum: 1000,
      maximum: 600_000,
      default: defaultParameters.windowTransfer,
    }),
    windowPost: Type.Integer({ minimum: 1000, maximum: 600_000, default: defaultParameters.windowPost }),
    leastAge: Type.Integer({ minimum: 1, maximum: 1000, default: defaultParameters.leastAge }),
  },
  { ...strict, default: {}, description: "the genesis parameters that differ from the core's" },
);

const Money = Type.Object(
  {
    funds: Type.Integer({
      minimum: 0,
      maximum: 1e15,
      default: 1e9,
      description: 'units that each account owns at first',
    }),
    deposit: Type.Integer({
      minimum: 1,
      maximum: 1e12,
      default: 50_000,
      description: 'units a nonce, of the rule deposit per nonce',
    }),
    interest: Type.Number({
      minimum: 0,
      maximum: 10,
      default: 0.05,
      description: 'a year, what locked money costs its owner',
    }),
  },
  { ...strict, default: {} },
);

export const ScenarioSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,47}$' }),
    title: Type.String({ maxLength: 120 }),
    about: Type.String({ maxLength: 1000, default: '' }),
    seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1, default: 1 }),
    duration: Type.Number({ minimum: 1, maximum: 86_400, description: 's' }),
    warmup: Seconds('before anything is measured', 120),
    network: Network,
    money: Money,
    idle: Type.Integer({
      minimum: 0,
      maximum: IDLE_MOST,
      default: 0,
      description: 'accounts that take part in nothing',
    }),
    honest: Type.Array(Honest, { minItems: 1, maxItems: 8 }),
    attackers: Type.Array(Attackers, { maxItems: 8, default: [] }),
    sweep: Type.Optional(
      Type.Object(
        {
          path: Type.String({ description: 'the field that changes, such as attackers.0.count' }),
          label: Type.String({ maxLength: 60 }),
          values: Type.Array(Type.Number(), { minItems: 1, maxItems: SWEEP_MOST }),
        },
        strict,
      ),
    ),
  },
  strict,
);

export type Scenario = Static<typeof ScenarioSchema>;
export type HonestGroup = Static<typeof Honest>;
export type AttackerGroup = Static<typeof Attackers>;
export type Stake = Static<NonNullable<typeof Post>>;

/** A scenario that cannot be used: which field, and what it should be. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(`${path === '' ? 'The scenario' : path} ${message}.`);
    this.path = path;
  }
}

/** The scenario with every default filled in. Throws {@link ScenarioError} at the first field that is wrong. */
export function parseScenario(json: unknown): Scenario {
  const filled = Value.Default(ScenarioSchema, structuredClone(json));
  assertShape(filled);
  assertRelations(filled);
  for (const value of filled.sweep?.values ?? []) at(filled, value);
  return filled;
}

/** The scenario at one value of its sweep. */
export function at(scenario: Scenario, value: number): Scenario {
  if (scenario.sweep === undefined) return scenario;
  const { sweep, ...rest } = scenario;
  const changed = structuredClone(rest) as Scenario;
  const keys = sweep.path.split('.');
  const last = keys.pop()!;
  let inner: unknown = changed;
  for (const key of keys) inner = isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  if (!isObject(inner)) throw new ScenarioError('sweep.path', `names no field: ${sweep.path}`);
  inner[last] = value;
  assertShape(changed);
  assertRelations(changed);
  return changed;
}

/** The same with all populations and the capacity smaller by `factor`, coming as slowly: the shares stay, the work shrinks. */
export function scaled(scenario: Scenario, factor: number): Scenario {
  const less = (count: number): number => (count === 0 ? 0 : Math.max(1, Math.round(count / factor)));
  const { sweep } = scenario;
  const isCount = sweep !== undefined && /\.count$|^idle$|^network\.capacity$/.test(sweep.path);
  return {
    ...scenario,
    idle: less(scenario.idle),
    network: { ...scenario.network, capacity: less(scenario.network.capacity) },
    honest: scenario.honest.map((group) => ({
      ...group,
      count: less(group.count),
      stagger: group.stagger * factor,
    })),
    attackers: scenario.attackers.map((group) => ({
      ...group,
      count: less(group.count),
      stagger: group.stagger * factor,
    })),
    ...(isCount && { sweep: { ...sweep, values: sweep.values.map(less) } }),
  };
}

/** The core's parameters of the scenario's network. */
export function parametersOf({ network }: Scenario): Parameters {
  const { block: _, ...changed } = network;
  return { ...defaultParameters, ...changed };
}

function assertShape(value: unknown): asserts value is Scenario {
  for (const error of Value.Errors(ScenarioSchema, value)) {
    if (error.keyword === 'boolean') throw new ScenarioError(pathOf(error.instancePath), 'is not a field');
    if (error.keyword === 'required') {
      const [missing] = error.params.requiredProperties;
      throw new ScenarioError(`${pathOf(error.instancePath)}.${missing}`.replace(/^\./, ''), 'is missing');
    }
    const allowed = error.keyword === 'enum' ? `: ${error.params.allowedValues.join(', ')}` : '';
    throw new ScenarioError(pathOf(error.instancePath), `${error.message}${allowed}`);
  }
}

function assertRelations(scenario: Scenario): void {
  const { duration, warmup, network } = scenario;
  if (warmup >= duration) throw new ScenarioError('warmup', 'must be below duration');
  const blocks = (duration * 1000) / network.block;
  if (blocks > BLOCKS_MOST)
    throw new ScenarioError(
      'duration',
      `makes ${blocks} blocks of ${network.block} ms; at most ${BLOCKS_MOST}`,
    );
  const groups = [...scenario.honest, ...scenario.attackers];
  const active = groups.reduce((sum, { count }) => sum + count, 0);
  if (active > ACTIVE_MOST)
    throw new ScenarioError('honest, attackers', `have ${active} accounts together; at most ${ACTIVE_MOST}`);
  const names = new Set<string>();
  for (const { name } of groups) {
    if (names.has(name)) throw new ScenarioError('name', `is given to two groups: ${name}`);
    names.add(name);
  }
  if (network.standingFloor > network.standingStart)
    throw new ScenarioError('network.standingFloor', 'must be at most network.standingStart');
}

function pathOf(pointer: string): string {
  return pointer.replace(/^\//, '').replaceAll('/', '.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
