/**
 * What a node that began with a snapshot does not have, said by a code of its own: `not-kept` (docs/api.md).
 *
 * Invariant: history that is not here is never shown as history that is not.
 */
import type { StoreReader } from '../store/store.ts';
import { NodeError } from './errors.ts';

type Kept = Pick<StoreReader, 'meta'>;

/** Throws NodeError if what begins at this height does not begin here. */
export function assertKept({ meta: { base } }: Kept, height: number): void {
  if (base > 0 && height <= base) throw notKept(base);
}

export function notKept(base: number): NodeError {
  return new NodeError('notKept', `this node began with a snapshot of height ${base}: ask another node`);
}

/** Of a height that is not in the store. */
export function noBlock({ meta }: Kept, height: number): NodeError {
  if (height >= 1 && height <= meta.base) return notKept(meta.base);
  return new NodeError('notFound', `there is no block ${height}`);
}
