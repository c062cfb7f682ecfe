/** Durations as people write them: `30`, `30s`, `10m`, `2h`, `3d`; without a letter they are seconds. */
import { usageError } from './errors.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
/** Ten years, so that sums in ms stay exact. */
const SECONDS_MOST = 10 * 366 * 86_400;

/** Seconds, from 1. Throws CliError that names the flag, or what else it is. */
export function parseSeconds(text: string, flag: string): number {
  const [, digits, letter = 's'] = /^([1-9]\d{0,9})([smhd])?$/.exec(text) ?? [];
  const seconds = digits === undefined ? Number.NaN : Number(digits) * SECONDS[letter]!;
  if (!(seconds <= SECONDS_MOST)) {
    const start = flag.startsWith('--') ? `${flag} ` : '';
    throw usageError(`${flag} is \`${text}\`, no duration.`, `Write it as ${start}30s, 10m, 2h or 3d.`);
  }
  return seconds;
}

/** `1 h 5 min`, for people. */
export function showSeconds(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  let left = Math.ceil(seconds);
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** A whole number from the command line. Throws CliError that names what it is. */
export function parseCount(text: string, what: string, most = Number.MAX_SAFE_INTEGER): number {
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || Number(text) > most) {
    throw usageError(`${what} is \`${text}\`, not a whole number in 0..${most}.`);
  }
  return Number(text);
}
