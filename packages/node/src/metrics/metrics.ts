/**
 * What the node counts and measures, for Prometheus.
 *
 * Invariant: label values come from fixed tables (codes, event types, routes), never from a request. PERF: the hot
 * path adds to plain arrays; the registry reads them when it is scraped.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { codeName, codes, EVENT, viewOf } from '@upfront/core';
import { type NodeCode, nodeCodeName, nodeCodes } from '../api/errors.ts';
import { ANSWER_BYTES } from '../limits.ts';

/** Values that others hold, read when metrics are scraped. */
export interface Gauges {
  height(): number;
  clock(): number;
  openNonces(): number;
  nonces(): number;
  activeStanding(): number;
  intakeBytes(): number;
  connections(): number;
  subscriptions(): number;
  storeBytes(): number;
  l1Time(): number;
  itemsImported(): number;
  itemsAcknowledged(): number;
  settlementsFormed(): number;
  settlementsUnconfirmed(): number;
  isLagging(): boolean;
}

/** The slice of a final block that is counted. */
export interface CountedBlock {
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly events: Uint8Array;
}

export interface Metrics {
  /** Answers as they go out, 27 bytes each, and the ms from taking the messages in. */
  answered(answers: Uint8Array, milliseconds: number): void;
  /** A frame or request that was not served. */
  refused(code: NodeCode): void;
  cutReader(): void;
  httpRequest(route: string, status: number, milliseconds: number): void;
  block(block: CountedBlock, now: number): void;
  relayed(outcome: 'sent' | 'confirmed' | 'failed'): void;
  /** A validator was found to have signed two headers of one height. */
  equivocation(): void;
  /** From when on the gauges have values. */
  watch(gauges: Gauges): void;
  /** The exposition format, and its content type. */
  text(): Promise<string>;
  readonly contentType: string;
}

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const BYTES = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
const STATUS = { dealt: 1, fulfilled: 2, refused: 3, rejected: 4 } as const;
const EVENT_NAMES = Object.entries(EVENT);
/** Codes of fulfilments begin here; below are those of fetches. */
const FULFIL_CODES = codes.notOpen;

export function createMetrics(): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({});
  collectDefaultMetrics({ register: registry, prefix: 'upfront_' });
  const registers = [registry];
  const answers = answerCounter(registers);
  const latency = new Histogram({
    name: 'upfront_submit_seconds',
    help: 'From taking a frame of messages in to its durable answers',
    buckets: SECONDS,
    registers,
  });
  const refusals = new Counter({
    name: 'upfront_refusals_total',
    help: 'Frames and requests that were not served, by node code',
    labelNames: ['code'] as const,
    registers,
  });
  for (const code of Object.values(nodeCodes)) refusals.inc({ code: nodeCodeName(code) }, 0);
  const cut = new Counter({
    name: 'upfront_readers_cut_total',
    help: 'Sockets closed as slow readers (4001)',
    registers,
  });
  const http = new Histogram({
    name: 'upfront_http_seconds',
    help: 'HTTP requests, by route and class of status',
    labelNames: ['route', 'status'] as const,
    buckets: SECONDS,
    registers,
  });
  const relayed = new Counter({
    name: 'upfront_settlements_relayed_total',
    help: 'Transactions of the relayer, by outcome',
    labelNames: ['outcome'] as const,
    registers,
  });
  const equivocations = new Counter({
    name: 'upfront_equivocations_total',
    help: 'Validators found to have signed two headers of one height: see the folder evidence',
    registers,
  });
  const blocks = blockMetrics(registers);
  return {
    contentType: registry.contentType,
    text: async () => registry.metrics(),
    answered(bytes, milliseconds) {
      answers.add(bytes);
      latency.observe(milliseconds / 1000);
    },
    refused: (code) => refusals.inc({ code: nodeCodeName(code) }),
    cutReader: () => cut.inc(),
    httpRequest(route, status, milliseconds) {
      http.observe({ route, status: `${Math.floor(status / 100)}xx` }, milliseconds / 1000);
    },
    block: blocks.add,
    relayed: (outcome) => relayed.inc({ outcome }),
    equivocation: () => equivocations.inc(),
    watch: (gauges) => watchGauges(registers, gauges),
  };
}

/** Messages by kind, outcome and code: two small tables, filled from the bytes of answers. */
function answerCounter(registers: Registry[]): { add(answers: Uint8Array): void } {
  const byStatus = new Float64Array(5);
  const byCode = new Map<number, number>();
  const counter = new Counter({
    name: 'upfront_messages_total',
    help: 'Messages answered, by kind, outcome and reject code',
    labelNames: ['kind', 'outcome', 'code'] as const,
    registers,
    collect() {
      counter.reset();
      counter.inc({ kind: 'fetch', outcome: 'dealt', code: '' }, byStatus[STATUS.dealt]);
      counter.inc({ kind: 'fulfil', outcome: 'fulfilled', code: '' }, byStatus[STATUS.fulfilled]);
      for (const [key, count] of byCode) {
        const code = key & 0xffff;
        const kind = code >= FULFIL_CODES && code < nodeCodes.overloaded ? 'fulfil' : 'fetch';
        const outcome = key >> 16 === STATUS.refused ? 'refused' : 'rejected';
        counter.inc({ kind, outcome, code: labelOf(code) }, count);
      }
    },
  });
  return {
    add(answers) {
      for (let at = 0; at < answers.length; at += ANSWER_BYTES) {
        const status = answers[at]!;
        if (status <= STATUS.fulfilled) {
          byStatus[status] = byStatus[status]! + 1;
        } else {
          const key = (status << 16) | (answers[at + 1]! << 8) | answers[at + 2]!;
          byCode.set(key, (byCode.get(key) ?? 0) + 1);
        }
      }
    },
  };
}

function labelOf(code: number): string {
  return code < nodeCodes.overloaded ? codeName(code) : nodeCodeName(code);
}

function blockMetrics(registers: Registry[]): { add(block: CountedBlock, now: number): void } {
  const size = new Histogram({
    name: 'upfront_block_bytes',
    help: 'Size of final blocks',
    buckets: BYTES,
    registers,
  });
  const delay = new Histogram({
    name: 'upfront_block_final_seconds',
    help: 'From a block’s own time to its being durable and given out',
    buckets: SECONDS,
    registers,
  });
  const byType = new Float64Array(EVENT_NAMES.length + 1);
  const events = new Counter({
    name: 'upfront_events_total',
    help: 'Events of final blocks, by type',
    labelNames: ['type'] as const,
    registers,
    collect() {
      events.reset();
      for (const [name, type] of EVENT_NAMES) events.inc({ type: name }, byType[type]);
    },
  });
  return {
    add({ time, bytes, events: list }, now) {
      size.observe(bytes.length);
      delay.observe(Math.max(0, now - time) / 1000);
      const view = viewOf(list);
      for (let at = 4; at < list.length; at += 2 + view.getUint16(at)) {
        const type = list[at + 2]!;
        byType[type] = byType[type]! + 1;
      }
    },
  };
}

function watchGauges(registers: Registry[], gauges: Gauges): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(value()) });
  };
  gauge('upfront_height', 'Height of the newest final block', gauges.height);
  gauge('upfront_clock_milliseconds', 'The network’s age clock', gauges.clock);
  gauge('upfront_open_nonces', 'Nonces dealt and not yet resolved', gauges.openNonces);
  gauge('upfront_nonces', 'Nonces dealt so far', gauges.nonces);
  gauge('upfront_active_standing', 'Sum of the standing of active participants, Q16', gauges.activeStanding);
  gauge('upfront_intake_bytes', 'Bytes of messages taken in and not yet answered', gauges.intakeBytes);
  gauge('upfront_connections', 'Open WebSockets', gauges.connections);
  gauge('upfront_subscriptions', 'Subscriptions of all WebSockets', gauges.subscriptions);
  gauge('upfront_store_bytes', 'Size of the store’s files', gauges.storeBytes);
  gauge('upfront_l1_lag_seconds', 'Age of the newest imported L1 block', () =>
    Math.max(0, (Date.now() - gauges.l1Time()) / 1000),
  );
  gauge('upfront_items_imported', 'L1 items imported', gauges.itemsImported);
  gauge(
    'upfront_items_acknowledged',
    'L1 items acknowledged by formed settlements',
    gauges.itemsAcknowledged,
  );
  gauge('upfront_settlements_formed', 'Settlements formed', gauges.settlementsFormed);
  gauge(
    'upfront_settlements_unconfirmed',
    'Settlements formed and not confirmed by L1',
    gauges.settlementsUnconfirmed,
  );
  gauge('upfront_lagging', '1 if fetches are refused because L1 lies back', () =>
    gauges.isLagging() ? 1 : 0,
  );
}
