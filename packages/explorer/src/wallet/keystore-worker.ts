/**
 * Keystores in a thread of their own, since scrypt computes for about a second and the page must not freeze.
 *
 * One question, one answer, and the worker is ended: no key stays in it.
 */
import { WalletFault } from './fault.ts';
import { createKey, decryptKey } from './keystore.ts';
import type { KeyAnswer, KeyQuestion } from './keystore-work.ts';

addEventListener('message', ({ data }: MessageEvent<KeyQuestion>) => postMessage(answer(data)));

function answer(question: KeyQuestion): KeyAnswer {
  try {
    switch (question.do) {
      case 'create':
        return { stored: createKey(question.password) };
      case 'decrypt':
        return { key: decryptKey(question.stored, question.password) };
    }
  } catch (error) {
    if (error instanceof WalletFault) return { fault: error.message, hint: error.hint };
    return {
      fault: 'The keystore could not be computed.',
      hint: 'Close other pages, for it takes 128 MiB, and try again.',
    };
  }
}
