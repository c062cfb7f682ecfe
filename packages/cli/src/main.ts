// The process `upfront`: runs one command and ends with its exit code (exit-codes.ts).
import { createProgram } from './program.ts';
import { reportError } from './report.ts';

const { argv, stdout } = process;
// A reader that has seen enough, as in `upfront follow | head`.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

let code = 0;
try {
  await (await createProgram(argv.slice(2))).parseAsync(argv);
} catch (error) {
  code = reportError(error, argv.includes('--json'));
}
// Behind everything that was written before.
// A command may have said more than 0 without failing.
stdout.write('', () => process.exit(code === 0 ? process.exitCode : code));
