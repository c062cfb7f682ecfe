/**
 * What is being signed, field by field: shown by the page whoever signs, the browser's own key or an injected wallet.
 *
 * Invariant: nothing that is EIP-712 is signed here without standing in `signing` first.
 */
import { signal } from '@preact/signals';
import type { EIP1193Provider, LocalAccount } from 'viem';

export interface TypedData {
  readonly primaryType: string;
  readonly domain: Readonly<Record<string, unknown>>;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The newest thing to be signed. `isAsking`: the wallet has not answered. */
export const signing = signal<{ readonly data: TypedData; readonly isAsking: boolean } | undefined>(
  undefined,
);

/** The same account, which shows what it signs. */
export function showingAccount(account: LocalAccount): LocalAccount {
  const signTypedData: LocalAccount['signTypedData'] = (data) =>
    shown(data as unknown as TypedData, () => account.signTypedData(data));
  return { ...account, signTypedData };
}

/** The same provider, of which is shown what it is asked to sign. */
export function showingProvider(provider: EIP1193Provider): EIP1193Provider {
  const request = async (call: { method: string; params?: unknown }): Promise<unknown> => {
    const ask = (): Promise<unknown> => provider.request(call as never) as Promise<unknown>;
    if (call.method !== 'eth_signTypedData_v4') return await ask();
    const [, json] = call.params as [string, string];
    return await shown(JSON.parse(json) as TypedData, ask);
  };
  return {
    ...provider,
    request,
    on: provider.on,
    removeListener: provider.removeListener,
  } as EIP1193Provider;
}

async function shown<T>(data: TypedData, sign: () => Promise<T>): Promise<T> {
  signing.value = { data, isAsking: true };
  try {
    return await sign();
  } finally {
    signing.value = { data, isAsking: false };
  }
}

export interface SignedField {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

const MEANINGS: Readonly<Record<string, string>> = {
  sequence: 'your own number for this announcement; never signed twice',
  limit: 'units that the contract may ever have taken from you, all in all, up to this one',
  budget: 'units that this announcement reserves at most',
  expires: 'later than this it is void (ms since 1970)',
  intents: 'hash of what is announced; what it is stays sealed until it is performed',
  payer: 'whose hold it is',
  index: 'which intent of the payer’s announcement',
  amount: 'units that you capture; 0 releases the hold',
  chainId: 'the first layer’s chain',
  verifyingContract: 'the network’s contract',
  name: 'the protocol',
  version: 'its version',
};

/** Every field, nested ones in place. */
export function fieldsOf({ domain, message }: TypedData): SignedField[] {
  const flat = (part: Readonly<Record<string, unknown>>): SignedField[] =>
    Object.entries(part).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? flat(value as Record<string, unknown>)
        : [{ name, value: String(value), meaning: MEANINGS[name] ?? '' }],
    );
  return [...flat(message), ...flat(domain)];
}
