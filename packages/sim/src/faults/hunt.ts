/**
 * Runs seeds until one fails, and says which: for the mutants, each in a copy of its own.
 */
import { runSeed } from './run.ts';

const [most = '300', from = '1'] = process.argv.slice(2);

for (let i = 0; i < Number(most); i++) {
  const seed = Number(from) + i;
  const { failure, mode } = await runSeed({ seed });
  if (failure === undefined) continue;
  console.log(JSON.stringify({ seed, tried: i + 1, mode, failure }));
  process.exit(0);
}
console.log(JSON.stringify({ tried: Number(most) }));
