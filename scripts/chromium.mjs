// Finds Chromium for the tests of the page, or installs Debian's package when it may: `apt-get install chromium`.
//
// UPFRONT_CHROMIUM names an executable instead. Whoever needs it gets a path or the reason why there is none. Run by
// itself, it prints the path (with --find it installs nothing), or says why not and ends with 1.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastLine, runTool } from './run-tool.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** What is there already: `{ path }` or `{ reason }`. Installs nothing. */
export function findChromium() {
  const setting = process.env.UPFRONT_CHROMIUM;
  if (setting) {
    return existsSync(setting) ? { path: setting } : { reason: `UPFRONT_CHROMIUM names no file: ${setting}` };
  }
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const path = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((one) =>
    existsSync(one),
  );
  if (path !== undefined) return { path };
  return { reason: 'there is no Chromium: install it (apt-get install chromium), or set UPFRONT_CHROMIUM' };
}

/** The same, installed first if it is not there, this is Debian or alike, and we are root. */
export async function installChromium(say = () => {}) {
  const found = findChromium();
  if (found.path !== undefined || process.env.UPFRONT_CHROMIUM) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return found;
  say('installing Chromium with apt-get, for the tests of the page; about 300 MB, once');
  for (const argv of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { code, output } = await runTool('apt-get', argv, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (code === 0) continue;
    return { reason: `apt-get ${argv[0]} failed, so there is no Chromium: ${lastLine(output)}` };
  }
  return findChromium();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isFind = process.argv[2] === '--find';
  const result = isFind
    ? findChromium()
    : await installChromium((line) => console.error(`chromium: ${line}`));
  if (result.path === undefined) {
    console.error(`chromium: ${result.reason}`);
    process.exit(1);
  }
  console.log(result.path);
}
