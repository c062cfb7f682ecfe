/** The public names of the command line: for programs that run it in their own process. */
export { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
export { createProgram } from './program.ts';
