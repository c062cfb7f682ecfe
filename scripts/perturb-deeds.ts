// What a Byzantine validator of `npm run perturb` does; scripts/perturb-byzantine.ts does it.

export const DEEDS = [
  'garbage extensions',
  'bad evidence',
  'items that do not exist',
  'messages twice',
] as const;
export type Deed = (typeof DEEDS)[number];

/** What the others must reject as a whole; of the rest they leave out what is wrong. */
export const REJECTED: readonly Deed[] = ['garbage extensions', 'bad evidence'];

/** Whom items that do not exist would make rich. */
export const THIEF = new Uint8Array(20).fill(0xee);
