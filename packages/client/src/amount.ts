/**
 * Amounts as people write them, exactly: text to units and back, never through a float.
 *
 * A deployment counts in units of `unit` base units of its asset (gwei for ETH: 10^9 of 10^18).
 */
import { AmountError, ParameterError } from './errors/kinds.ts';

export interface AmountFormat {
  /** Decimals of the asset: ETH 18, USDC 6. */
  readonly decimals: number;
  /** Base units of the asset in one unit: a power of ten. */
  readonly unit: bigint;
}

/** First amount that is too large (docs/protocol.md, 1). */
const AMOUNT_END = 2n ** 63n;

/**
 * The units that a decimal text stands for.
 *
 * @param text digits with at most one point: `0.25`, `12`, `.5`; no sign, exponent or separators
 * @throws AmountError if it is no such text, finer than a unit, or 2^63 units and more
 * @example parseAmount('0.25', { decimals: 18, unit: 10n ** 9n }) // 250000000n
 */
export function parseAmount(text: string, format: AmountFormat): bigint {
  const places = placesOf(format);
  const match = /^(\d*)(?:\.(\d*))?$/.exec(text);
  const whole = match?.[1] ?? '';
  const fraction = (match?.[2] ?? '').replace(/0+$/, '');
  if (match === null || text.length > 100 || !/\d/.test(text))
    throw new AmountError(`\`${text.slice(0, 100)}\` is no decimal amount.`);

  // The text is the decimal shift: places >= 0 appends digits, places < 0 wants zeros at the end of the whole part.
  if (places >= 0) {
    if (fraction.length > places)
      throw new AmountError(`\`${text}\` is finer than a unit: at most ${places} decimals.`);
    return below(BigInt(whole + fraction.padEnd(places, '0')), text);
  }
  const step = 10n ** BigInt(-places);
  const value = BigInt(whole === '' ? '0' : whole);
  if (fraction !== '' || value % step !== 0n)
    throw new AmountError(`\`${text}\` is finer than a unit of ${step}.`);
  return below(value / step, text);
}

/**
 * Units as a decimal text without superfluous zeros; negative amounts get a minus sign.
 *
 * @example formatAmount(250000000n, { decimals: 18, unit: 10n ** 9n }) // '0.25'
 */
export function formatAmount(units: bigint, format: AmountFormat): string {
  const places = placesOf(format);
  if (units < 0n) return `-${formatAmount(-units, format)}`;
  if (places <= 0) return (units * 10n ** BigInt(-places)).toString();
  const digits = units.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** How many decimals of the asset a unit keeps: decimals - log10(unit); negative for units above one whole. */
function placesOf({ decimals, unit }: AmountFormat): number {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 255)
    throw new ParameterError('decimals', 'is not 0..255');
  const text = unit.toString();
  if (!/^10*$/.test(text)) throw new ParameterError('unit', 'is not a power of ten');
  return decimals - (text.length - 1);
}

function below(units: bigint, text: string): bigint {
  if (units >= AMOUNT_END) throw new AmountError(`\`${text}\` is too large: amounts are below 2^63 units.`);
  return units;
}
