// What a transaction offers for its gas (EIP-1559), and what its replacement has to offer. All in wei a gas.

export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Nodes replace a pending transaction only if both fees are an eighth higher; 10 % is enough for some. */
const BUMP_EIGHTHS = 9n;
/** A base fee grows by an eighth a block at most, so twice it lasts for five full blocks. */
const BASE_FEES = 2n;

/** Fees of a first try; undefined if even the present base fee is above `most`. */
export function freshFees(baseFee: bigint, tip: bigint, most: bigint): Fees | undefined {
  if (baseFee > most) return undefined;
  const maxFeePerGas = min(BASE_FEES * baseFee + tip, most);
  return { maxFeePerGas, maxPriorityFeePerGas: min(tip, maxFeePerGas) };
}

/** Fees that replace `old` and are no less than `fresh`; undefined if that takes more than `most`. */
export function bumpedFees(old: Fees, fresh: Fees, most: bigint): Fees | undefined {
  const maxFeePerGas = max(anEighthMore(old.maxFeePerGas), fresh.maxFeePerGas);
  const maxPriorityFeePerGas = max(anEighthMore(old.maxPriorityFeePerGas), fresh.maxPriorityFeePerGas);
  if (maxFeePerGas > most || maxPriorityFeePerGas > maxFeePerGas) return undefined;
  return { maxFeePerGas, maxPriorityFeePerGas };
}

function anEighthMore(fee: bigint): bigint {
  // Rounded up, and more even if it was 0.
  return (fee * BUMP_EIGHTHS + 7n) / 8n + (fee === 0n ? 1n : 0n);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
