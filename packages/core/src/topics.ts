/**
 * Topics: one list of posts each, by nonce, from which the resolved ones at its head are delivered (docs/protocol.md, 6).
 * A topic is there only while a post of it is undelivered, so what was is not remembered.
 */
import { grown } from './accounts.ts';
import type { EventLog } from './events.ts';
import { KeyIndex } from './key-index.ts';

const FIRST_ROWS = 256;
const NONE = -1;
const OPEN = 0;
const FULFILLED = 1;
const ANNULLED = 2;

export class Topics {
  /** Topics with an undelivered post. */
  count = 0;
  readonly #index: KeyIndex;
  #heads = new Int32Array(FIRST_ROWS);
  #tails = new Int32Array(FIRST_ROWS);
  readonly #freeTopics: number[] = [];
  #topicRows = 0;
  // One row an undelivered post.
  #nonce = new Float64Array(FIRST_ROWS);
  #state = new Uint8Array(FIRST_ROWS);
  #next = new Int32Array(FIRST_ROWS);
  #topic = new Int32Array(FIRST_ROWS);
  readonly #freePosts: number[] = [];
  #postRows = 0;

  constructor(seed: number) {
    this.#index = new KeyIndex(32, seed);
  }

  /** Appends a post to the topic that stands at `offset` of `bytes`; gives its row. */
  add(bytes: Uint8Array, offset: number, nonce: number): number {
    let topic = this.#index.find(bytes, offset);
    if (topic < 0) topic = this.#addTopic(bytes, offset);
    let row = this.#freePosts.pop();
    if (row === undefined) {
      row = this.#postRows++;
      if (row === this.#nonce.length) this.#growPosts(row * 2);
    }
    this.#nonce[row] = nonce;
    this.#state[row] = OPEN;
    this.#next[row] = NONE;
    this.#topic[row] = topic;
    const tail = this.#tails[topic]!;
    if (tail === NONE) this.#heads[topic] = row;
    else this.#next[tail] = row;
    this.#tails[topic] = row;
    return row;
  }

  /** The 32 bytes of the topic of a post's row. */
  topicOf(row: number): Uint8Array {
    const topic = this.#topic[row]!;
    return this.#index.keys.subarray(topic * 32, topic * 32 + 32);
  }

  /** Marks a post resolved, and delivers what is then resolved at its topic's head. */
  resolve(row: number, isFulfilled: boolean, log: EventLog): void {
    this.#state[row] = isFulfilled ? FULFILLED : ANNULLED;
    const topic = this.#topic[row]!;
    let head = this.#heads[topic]!;
    while (head !== NONE && this.#state[head] !== OPEN) {
      log.delivered(this.#index.keys, topic * 32, this.#nonce[head]!, this.#state[head] === FULFILLED);
      this.#freePosts.push(head);
      head = this.#next[head]!;
    }
    this.#heads[topic] = head;
    if (head !== NONE) return;
    this.#index.remove(topic);
    this.#freeTopics.push(topic);
    this.count--;
  }

  /** Undelivered posts that are resolved or open, topic after topic by first nonce (snapshots). */
  undelivered(): { topic: Uint8Array; nonce: number; state: number; row: number }[] {
    const posts = [];
    for (let topic = 0; topic < this.#topicRows; topic++) {
      for (let row = this.#heads[topic]!; row !== NONE; row = this.#next[row]!) {
        posts.push({ topic: this.topicOf(row), nonce: this.#nonce[row]!, state: this.#state[row]!, row });
      }
    }
    return posts.sort((a, b) => a.nonce - b.nonce);
  }

  /** Puts a post back as a snapshot has it, nonces ascending; gives its row. */
  restore(topic: Uint8Array, nonce: number, state: number): number {
    const row = this.add(topic, 0, nonce);
    this.#state[row] = state;
    return row;
  }

  #addTopic(bytes: Uint8Array, offset: number): number {
    let topic = this.#freeTopics.pop();
    if (topic === undefined) {
      topic = this.#topicRows++;
      if (topic === this.#heads.length) {
        this.#heads = grown(this.#heads, new Int32Array(topic * 2));
        this.#tails = grown(this.#tails, new Int32Array(topic * 2));
      }
    }
    this.#index.add(bytes, offset, topic);
    this.#heads[topic] = NONE;
    this.#tails[topic] = NONE;
    this.count++;
    return topic;
  }

  #growPosts(rows: number): void {
    this.#nonce = grown(this.#nonce, new Float64Array(rows));
    this.#state = grown(this.#state, new Uint8Array(rows));
    this.#next = grown(this.#next, new Int32Array(rows));
    this.#topic = grown(this.#topic, new Int32Array(rows));
  }
}
