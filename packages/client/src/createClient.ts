/**
 * The client: a base with every action bound to it, and `extend` for more.
 */
import { balance } from './actions/balance.ts';
import { balanceOnL1 } from './actions/balanceOnL1.ts';
import { capture } from './actions/capture.ts';
import { claim } from './actions/claim.ts';
import { deposit } from './actions/deposit.ts';
import { descent } from './actions/descent.ts';
import { exit } from './actions/exit.ts';
import { fetchNonces } from './actions/fetchNonces.ts';
import { follow } from './actions/follow.ts';
import { fulfil } from './actions/fulfil.ts';
import { hold } from './actions/hold.ts';
import { pay } from './actions/pay.ts';
import { payMany } from './actions/payMany.ts';
import { post } from './actions/post.ts';
import { receipt } from './actions/receipt.ts';
import { recover } from './actions/recover.ts';
import { release } from './actions/release.ts';
import { resume } from './actions/resume.ts';
import { type FetchStatus, type FetchStatusParameters, status } from './actions/status.ts';
import { unbond } from './actions/unbond.ts';
import { validate } from './actions/validate.ts';
import { verifyHold, verifyOwnReceipt } from './actions/verifyHold.ts';
import type { VerifiedReceipt } from './actions/verifyReceipt.ts';
import { waitFor } from './actions/waitFor.ts';
import { withdraw } from './actions/withdraw.ts';
import { type BaseClient, type ClientOptions, createBaseClient } from './client.ts';
import type { NodeNonce, NodeStatus } from './transport/node-api.ts';

/** An action without its first parameter. */
type Bound<A> = A extends (client: BaseClient, ...rest: infer R) => infer T ? (...rest: R) => T : never;

export interface Actions {
  readonly balance: Bound<typeof balance>;
  readonly balanceOnL1: Bound<typeof balanceOnL1>;
  readonly capture: Bound<typeof capture>;
  readonly claim: Bound<typeof claim>;
  readonly deposit: Bound<typeof deposit>;
  readonly exit: Bound<typeof exit>;
  readonly fetchNonces: Bound<typeof fetchNonces>;
  readonly follow: Bound<typeof follow>;
  readonly fulfil: Bound<typeof fulfil>;
  readonly hold: Bound<typeof hold>;
  readonly pay: Bound<typeof pay>;
  readonly payMany: Bound<typeof payMany>;
  readonly post: Bound<typeof post>;
  readonly receipt: Bound<typeof receipt>;
  readonly descent: Bound<typeof descent>;
  readonly recover: Bound<typeof recover>;
  readonly release: Bound<typeof release>;
  readonly resume: Bound<typeof resume>;
  readonly status: {
    (): Promise<NodeStatus>;
    (parameters: FetchStatusParameters): Promise<FetchStatus>;
    (parameters: { readonly nonce: number }): Promise<NodeNonce>;
  };
  readonly unbond: Bound<typeof unbond>;
  readonly validate: Bound<typeof validate>;
  readonly verifyHold: Bound<typeof verifyHold>;
  /**
   * Checks a receipt of this network: against the validators on L1 if the client has it, else those of the genesis.
   * Throws BadReceiptError.
   */
  readonly verifyReceipt: (parameters: {
    readonly receipt: unknown;
    readonly descent?: unknown;
  }) => Promise<VerifiedReceipt>;
  readonly waitFor: Bound<typeof waitFor>;
  readonly withdraw: Bound<typeof withdraw>;
}

export type Client<Added extends object = object> = BaseClient &
  Actions &
  Added & {
    /** The same client with more on it; what is there already stays. */
    extend<More extends object>(decorate: (client: Client<Added>) => More): Client<Added & More>;
  };

/**
 * Makes a client. It connects when it is used, and ends with `close()`.
 *
 * @example
 * const { bytes: genesis } = JSON.parse(await readFile('genesis.json', 'utf8'));
 * const journal = await fileJournal('me.journal');
 * const client = createClient({ node: 'http://127.0.0.1:8551', genesis, account, journal });
 * const outcome = await client.pay({ to, amount: 250_000_000n });
 * @throws ConfigurationError
 */
export function createClient(options: ClientOptions): Client {
  const base = createBaseClient(options);
  return extendable({ ...base, ...actionsOf(base) });
}

/** Every action, bound to a client. */
export function actionsOf(client: BaseClient): Actions {
  return {
    balance: (parameters) => balance(client, parameters),
    balanceOnL1: (parameters) => balanceOnL1(client, parameters),
    capture: (parameters) => capture(client, parameters),
    claim: (parameters) => claim(client, parameters),
    deposit: (parameters) => deposit(client, parameters),
    exit: (parameters) => exit(client, parameters),
    fetchNonces: (parameters) => fetchNonces(client, parameters),
    follow: (parameters) => follow(client, parameters),
    fulfil: (parameters) => fulfil(client, parameters),
    hold: (parameters) => hold(client, parameters),
    pay: (parameters) => pay(client, parameters),
    payMany: (parameters) => payMany(client, parameters),
    post: (parameters) => post(client, parameters),
    receipt: (parameters) => receipt(client, parameters),
    descent: (parameters) => descent(client, parameters),
    recover: () => recover(client),
    release: (parameters) => release(client, parameters),
    resume: () => resume(client),
    status: ((parameters?: { readonly nonce: number }) => status(client, parameters!)) as Actions['status'],
    unbond: () => unbond(client),
    validate: (parameters) => validate(client, parameters),
    verifyHold: (hold) => verifyHold(client, hold),
    verifyReceipt: (given) => verifyOwnReceipt(client, given),
    waitFor: (parameters) => waitFor(client, parameters),
    withdraw: (parameters) => withdraw(client, parameters),
  };
}

function extendable<T extends object>(client: T): Client {
  const extend = (decorate: (client: Client) => object): Client =>
    extendable({ ...decorate(extended), ...client }) as Client;
  const extended = { ...client, extend } as unknown as Client;
  return extended;
}
