/**
 * Chance from a seed: the only one that a simulation has. A fork is named, so that one more question to one fork
 * changes nothing in the others: a history that is shrunk keeps its shape.
 */

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #seed: number;

  constructor(seed: number, name = '') {
    let hash = seed >>> 0;
    for (let i = 0; i < name.length; i++) hash = mix(hash ^ name.charCodeAt(i));
    this.#seed = hash;
    this.#a = mix(hash);
    this.#b = mix(this.#a ^ Math.floor(seed / 2 ** 32));
    this.#c = mix(this.#b + 1);
    for (let i = 0; i < 12; i++) this.#next();
  }

  fork(name: string): Random {
    return new Random(this.#seed, name);
  }

  /** 0 <= x < 1. */
  unit(): number {
    return this.#next() / 2 ** 32;
  }

  /** 0..n-1. */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  /** Both ends are possible. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Mostly small, sometimes near `most`: what delays and amounts are like. */
  skewed(least: number, most: number): number {
    return least + Math.floor((most - least + 1) * this.unit() ** 4);
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#next() & 0xff;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.fill(bytes);
    return bytes;
  }

  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
    return list;
  }

  /** sfc32. */
  #next(): number {
    const t = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return t >>> 0;
  }
}

function mix(value: number): number {
  let x = (value + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
