/**
 * Pages of rows behind a cursor, and parameters that must be good.
 *
 * docs/api.md: `after` is the last row one has; at most 1000 rows.
 */
import type { Limits } from '../../limits.ts';
import { NodeError } from '../errors.ts';
import { type EventPlaces, eventPlaces } from '../event-bytes.ts';
import { parseCount, parseCursor } from '../parse.ts';
import { placedEventToJson } from './views.ts';

interface Cursor {
  readonly height: number;
  readonly index: number;
}

/** The parsed value; undefined is answered with malformed-request. */
export function wanted<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new NodeError('malformedRequest', `${name} is malformed or out of range`);
  return value;
}

/** Where a page begins (inclusive), and how many rows it may have. */
export function pageOf(
  query: { readonly after?: string; readonly limit?: string },
  limits: Pick<Limits, 'pageMost' | 'pageDefault'>,
): { from: Cursor; limit: number } {
  const limit = query.limit === undefined ? limits.pageDefault : parseCount(query.limit, limits.pageMost);
  const after = query.after === undefined ? undefined : wanted(parseCursor(query.after), 'after');
  return {
    from: after === undefined ? { height: 0, index: 0 } : { height: after.height, index: after.index + 1 },
    limit: wanted(limit === 0 ? undefined : limit, 'limit'),
  };
}

/** Events by their cursors, decoded; of several in one block the list is taken apart once. */
export function readPlacedEvents(
  store: { events(height: number): Uint8Array | undefined },
  cursors: readonly Cursor[],
) {
  let list: Uint8Array | undefined;
  let places: EventPlaces | undefined;
  let at = -1;
  return cursors.map(({ height, index }) => {
    if (height !== at) {
      list = store.events(height);
      places = list && eventPlaces(list);
      at = height;
    }
    if (list === undefined || places === undefined) {
      throw new Error(`the events of block ${height} are not in the store`);
    }
    return placedEventToJson(height, list, places, index);
  });
}
