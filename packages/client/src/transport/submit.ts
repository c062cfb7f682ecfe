/**
 * Submitting messages until they are answered: what the node puts off is sent again, with backoff, until time is up.
 *
 * Sending again is harmless: the same message gets the same answer (docs/api.md).
 */
import { isPassing, nodeCodes } from '../errors/codes.ts';
import { NodeError, TimeoutError } from '../errors/kinds.ts';
import { backoffDelay, delay } from './backoff.ts';
import type { Answer } from './frames.ts';
import type { Socket } from './socket.ts';

const BACKOFF = { first: 50, most: 2000 };

/** One answer a message, in order. Throws what `socket.submit` throws; TimeoutError if the node kept putting it off. */
export async function submitAll(
  socket: Socket,
  timeout: number,
  messages: readonly Uint8Array[],
): Promise<Answer[]> {
  const answers: (Answer | undefined)[] = messages.map(() => undefined);
  const until = performance.now() + timeout;
  let open = messages.map((_, index) => index);
  for (let attempt = 0; ; attempt++) {
    let putOff: NodeError | undefined;
    try {
      const some = await socket.submit(open.map((index) => messages[index]!));
      some.forEach((answer, i) => {
        if (answer.status === 'rejected' && isPassing(answer.code))
          putOff = new NodeError(answer.code, 'submit', '');
        // Neither done nor refused: this node began later, and another one can tell.
        else if (answer.status === 'rejected' && answer.code === nodeCodes.notKept)
          throw new NodeError(answer.code, 'submit', 'this node does not have what became of it');
        else answers[open[i]!] = answer;
      });
    } catch (error) {
      if (!(error instanceof NodeError) || !error.passing) throw error;
      putOff = error;
    }
    open = open.filter((index) => answers[index] === undefined);
    if (open.length === 0) return answers as Answer[];
    const pause = backoffDelay(attempt, BACKOFF);
    if (performance.now() + pause > until) throw new TimeoutError('submit', timeout, { cause: putOff });
    await delay(pause);
  }
}
