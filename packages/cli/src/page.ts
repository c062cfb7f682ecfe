/**
 * Where the built explorer is, for nodes that serve it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Undefined: it is not built. A checkout builds it with `npm start`; a published package has it. */
export function builtPage(): string | undefined {
  const folder = fileURLToPath(new URL('./dist/', import.meta.resolve('@upfront/explorer/package.json')));
  return existsSync(join(folder, 'pages.json')) ? folder : undefined;
}
