/**
 * Asks a worker to make or open a keystore.
 *
 * Invariant: a worker lives for one question.
 */
import type { Hex } from 'viem';
import { WalletFault } from './fault.ts';
import type { StoredKey } from './keystore.ts';

export type KeyQuestion =
  | { readonly do: 'create'; readonly password: string }
  | { readonly do: 'decrypt'; readonly stored: StoredKey; readonly password: string };

export type KeyAnswer =
  | { readonly stored: StoredKey }
  | { readonly key: Hex }
  | { readonly fault: string; readonly hint: string };

/** A new key under this password. */
export async function createStored(password: string): Promise<StoredKey> {
  const answer = await ask({ do: 'create', password });
  if ('stored' in answer) return answer.stored;
  throw new TypeError('no keystore came back');
}

/** The key. Throws WalletFault if the password is wrong. */
export async function openStored(stored: StoredKey, password: string): Promise<Hex> {
  const answer = await ask({ do: 'decrypt', stored, password });
  if ('key' in answer) return answer.key;
  throw new TypeError('no key came back');
}

function ask(question: KeyQuestion): Promise<KeyAnswer> {
  const worker = new Worker(new URL('./keystore-worker.ts', import.meta.url), { type: 'module' });
  return new Promise<KeyAnswer>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<KeyAnswer>) => {
      if ('fault' in data) reject(new WalletFault(data.fault, data.hint));
      else resolve(data);
    });
    worker.addEventListener('error', () =>
      reject(
        new WalletFault('The part of the page that opens keystores could not be loaded.', 'Reload the page.'),
      ),
    );
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}
