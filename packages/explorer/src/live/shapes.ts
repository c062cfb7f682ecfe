/**
 * The shape of each kind of nonce, in a box of 16 by 16: kinds are told apart without colour. Holes by the even-odd rule.
 */
import type { CellKind } from './model.ts';

const SQUARE =
  'M4 1.5h8a2.5 2.5 0 0 1 2.5 2.5v8a2.5 2.5 0 0 1-2.5 2.5H4A2.5 2.5 0 0 1 1.5 12V4A2.5 2.5 0 0 1 4 1.5z';

export const SHAPES: Readonly<Record<CellKind, string>> = {
  unknown: SQUARE,
  transfer: SQUARE,
  hold: 'M8 1a7 7 0 1 1 0 14A7 7 0 1 1 8 1zM8 5a3 3 0 1 0 0 6 3 3 0 1 0 0-6z',
  withdraw: 'M1.2 2.2h13.6L8 14.8z',
  post: 'M3 1.2h10v13.6H3zM5.2 4.2h5.6v1.5H5.2zM5.2 7.2h5.6v1.5H5.2zM5.2 10.2h3.4v1.5H5.2z',
  validate: 'M8 .8L15.2 8 8 15.2.8 8z',
  item: 'M8 .8l6.4 3.6v7.2L8 15.2l-6.4-3.6V4.4z',
};

export const CROSS = 'M3.5 3.5l9 9M12.5 3.5l-9 9';

/** What people call them. */
export const KIND_NAMES: Readonly<Record<CellKind, string>> = {
  unknown: 'announced',
  transfer: 'transfer',
  hold: 'hold',
  withdraw: 'withdrawal',
  post: 'post',
  validate: 'validation',
  item: 'from the first layer',
};
