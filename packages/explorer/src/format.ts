/**
 * Amounts, times and names as people read them. Amounts are exact: text from integers, never through a float.
 */

/** An asset as a deployment counts it. */
export interface Asset {
  readonly symbol: string;
  /** Of the asset: ETH 18. */
  readonly decimals: number;
  /** Base units in one unit: a power of ten. */
  readonly unit: bigint;
}

/** Between a number and its unit. */
const NBSP = '\u00a0';
/** Behind an ellipsis a line may be broken otherwise. */
const JOINER = '\u2060';

/** Units without superfluous zeros, thousands apart: `1,234.5`. */
export function plainAmount(units: bigint | string, { decimals, unit }: Asset): string {
  const value = BigInt(units);
  if (value < 0n) return `−${plainAmount(-value, { symbol: '', decimals, unit })}`;
  const places = decimals - (unit.toString().length - 1);
  if (places <= 0) return grouped((value * 10n ** BigInt(-places)).toString());
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = grouped(digits.slice(0, -places));
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** `0.25 ETH`; without an asset, the units themselves. */
export function showAmount(units: bigint | string, asset: Asset | undefined): string {
  return amountParts(units, asset).join(NBSP);
}

/** The number and its unit. */
export function amountParts(
  units: bigint | string,
  asset: Asset | undefined,
): readonly [number: string, unit: string] {
  return asset === undefined
    ? [grouped(BigInt(units).toString()), 'units']
    : [plainAmount(units, asset), asset.symbol];
}

/** `1,234,567` */
export function grouped(digits: string | number | bigint): string {
  return String(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** One number with its unit: `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function showDuration(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < 1000) return `${ms}${NBSP}ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}${NBSP}s`;
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}${NBSP}s`;
  if (s < 3600) return two(Math.floor(s / 60), 'min', s % 60, 's');
  if (s < 86_400) return two(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
  return two(Math.floor(s / 86_400), 'd', Math.floor((s % 86_400) / 3600), 'h');
}

function two(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${NBSP}${unit}` : `${large}${NBSP}${unit} ${small}${NBSP}${smallUnit}`;
}

/** A point in time, ms since the epoch, in the reader's own zone. */
export function showTime(ms: number | string): string {
  const date = new Date(Number(ms));
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** `0x12ab…89ef`, in one line. */
export function shortHex(hex: string, kept = 4): string {
  return hex.length <= 2 * kept + 3 ? hex : `${hex.slice(0, kept + 2)}…${JOINER}${hex.slice(-kept)}`;
}

/** Q16 as a share of one: `12.89 %`. */
export function showStanding(standing: number): string {
  return `${((standing * 100) / 65_536).toFixed(2)}${NBSP}%`;
}

/** `1 payment`, `2 payments` */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped(count)}${NBSP}${count === 1 ? noun : nouns}`;
}
