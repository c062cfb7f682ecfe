// The process `upfront`: runs one command and ends with its exit code (exit-codes.ts).
// PERF: with a compile cache a command starts in half the time. It is in the user's own folder, since whoever can write
// there decides what runs here.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

enableCompileCache(join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'upfront'));
const { refuseKeys } = await import('./accounts.ts');
const { createProgram, inFull } = await import('./program.ts');
const { reportError } = await import('./report.ts');

const { argv, stdout } = process;
// A reader that has seen enough, as in `upfront follow | head`.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

let code = 0;
try {
  refuseKeys(argv.slice(2));
  const words = inFull(argv.slice(2));
  const program = await createProgram(words);
  await program.parseAsync(words, { from: 'user' });
} catch (error) {
  code = reportError(error, argv.includes('--json'));
}
// Behind everything that was written before. A command may have said more than 0 without failing.
stdout.write('', () => process.exit(code === 0 ? process.exitCode : code));
