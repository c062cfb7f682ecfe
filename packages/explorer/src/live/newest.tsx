/**
 * Beside the picture, the same in words: what happened last, the newest nonces as a table, and the key to the shapes.
 */
import { toHex } from '@upfront/core';
import type { EventJson } from '../api.ts';
import { EventWords } from '../components/event.tsx';
import { AccountLink, BlockLink, NonceLink, Table } from '../components/facts.tsx';
import type { Feed } from './feed.ts';
import { type CellKind, STATE } from './model.ts';
import { CROSS, KIND_NAMES, SHAPES } from './shapes.ts';
import { ageOf, STATE_NAMES } from './strip.tsx';

const ROWS = 16;
/** Sentences shown. */
const WORDS = 14;

export function Happenings({ feed }: { feed: Feed }) {
  const events = feed.newest.filter(({ event }) => event.type !== 'delivered').slice(-WORDS);
  if (events.length === 0) return <p class="meter-note">Nothing happened yet.</p>;
  return (
    <ol class="happenings">
      {[...events].reverse().map(({ height, event }, i) => (
        <li key={i}>
          <span class="when">
            block <BlockLink height={height} />
          </span>
          <span>
            <EventWords event={jsonOf(event)} />
          </span>
        </li>
      ))}
    </ol>
  );
}

/** As the API writes it. */
function jsonOf(event: object): EventJson {
  const entries = Object.entries(event).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? toHex(value) : String(value),
  ]);
  return Object.fromEntries(entries) as EventJson;
}

/** The strip's newest as a table, for whoever does not look at pictures. */
export function NewestTable({ feed }: { feed: Feed }) {
  const { strip } = feed;
  const clock = feed.clock(performance.now());
  const cells = Array.from({ length: ROWS }, (_, i) => strip.cell(strip.end - 1 - i)).filter(
    (one) => one !== undefined,
  );
  return (
    <Table caption="The newest nonces" head={['nonce', 'kind', 'state', 'by', 'age']}>
      {cells.map((cell) => (
        <tr key={cell.nonce}>
          <td>
            <NonceLink nonce={cell.nonce} />
          </td>
          <td>{KIND_NAMES[cell.kind]}</td>
          <td>
            <span class={`badge ${STATE_NAMES[cell.state]}`}>{STATE_NAMES[cell.state]}</span>
          </td>
          <td>
            <AccountLink address={cell.account} />
          </td>
          <td>{ageOf(cell, clock) ?? ''}</td>
        </tr>
      ))}
    </Table>
  );
}

const KEY: readonly CellKind[] = ['transfer', 'hold', 'withdraw', 'post', 'validate', 'item'];

export function Key() {
  return (
    <ul class="key" aria-label="What the shapes mean">
      {KEY.map((kind) => (
        <li key={kind}>
          <svg viewBox="0 0 16 16" class={kind === 'item' ? 'is-item' : 'is-fulfilled'} aria-hidden="true">
            <path d={SHAPES[kind]} fill-rule="evenodd" />
          </svg>
          {KIND_NAMES[kind]}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 16 16" class="is-open" aria-hidden="true">
          <path d={SHAPES.transfer} />
        </svg>
        {STATE_NAMES[STATE.open]}, filling as its window passes
      </li>
      <li>
        <svg viewBox="0 0 16 16" class="is-late" aria-hidden="true">
          <path d={SHAPES.transfer} />
        </svg>
        {STATE_NAMES[STATE.open]}, near the end of its window
      </li>
      <li>
        <svg viewBox="0 0 16 16" class="is-annulled" aria-hidden="true">
          <path d={CROSS} />
        </svg>
        {STATE_NAMES[STATE.annulled]}
      </li>
    </ul>
  );
}
