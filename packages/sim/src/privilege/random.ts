/**
 * Randomness as a function of where it is used: seed, account, block. Nothing is drawn in an order.
 *
 * So the same account wants the same things in the same block under every rule, with attackers and without, and what
 * differs between two runs is what the rule did.
 */

/** Uniform in [0, 1): 32 bits mixed of seed and three coordinates (the finaliser of MurmurHash3, once a coordinate). */
export function uniform(seed: number, a: number, b = 0, c = 0): number {
  let h = mix(seed ^ 0x9e3779b9);
  h = mix(h ^ Math.imul(a + 1, 0x85ebca6b));
  h = mix(h ^ Math.imul(b + 1, 0xc2b2ae35));
  h = mix(h ^ Math.imul(c + 1, 0x27d4eb2f));
  return (h >>> 0) / 2 ** 32;
}

/** Above this mean the normal distribution stands for Poisson's: its error is below the noise of one block. */
const NORMAL_FROM = 50;

/** A number of arrivals with that mean, from one or two uniforms. */
export function poisson(mean: number, u: number, v: number): number {
  if (mean >= NORMAL_FROM) {
    const normal = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let chance = Math.exp(-mean);
  let sum = chance;
  let count = 0;
  while (u > sum && count < 1000) {
    count++;
    chance *= mean / count;
    sum += chance;
  }
  return count;
}

/** Pareto with that mean; cut off at a thousand times the mean. */
export function pareto(mean: number, alpha: number, u: number): number {
  const least = (mean * (alpha - 1)) / alpha;
  return Math.min(least / (1 - u) ** (1 / alpha), mean * 1000);
}

/** Fisher and Yates, in place. */
export function shuffle(items: Int32Array, count: number, seed: number, block: number): void {
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform(seed, i, block, 0x5f) * (i + 1));
    const item = items[i]!;
    items[i] = items[j]!;
    items[j] = item;
  }
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
