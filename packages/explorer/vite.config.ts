/**
 * How the page is built: sources of the workspace as they are, hashed assets, a manifest that the tests measure.
 *
 * Invariant: nothing inline, so that the node can serve it under a strict content security policy.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { PAGES } from './src/pages.ts';

/** A node to develop against: `UPFRONT_NODE=http://127.0.0.1:8640 npm run dev -w @upfront/explorer`. */
const node = process.env['UPFRONT_NODE'] ?? 'http://127.0.0.1:8640';

/** Tells the node which addresses are pages. */
const pages: Plugin = {
  name: 'pages',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'pages.json', source: JSON.stringify(Object.values(PAGES)) });
  },
};

const PUBLIC = fileURLToPath(new URL('./public/', import.meta.url));
const WORKER = 'service-worker.js';

/** Tells the service worker which files are the page's, and of which build. It has one address, whatever is in it. */
const keeper: Plugin = {
  name: 'keeper',
  enforce: 'post',
  generateBundle(_, bundle) {
    const worker = bundle[WORKER];
    if (worker?.type !== 'chunk' || worker.imports.length > 0)
      throw new Error(`${WORKER} is to be one file by itself`);
    const built = Object.keys(bundle).filter((name) => /^assets\/.+\.(js|css)$/.test(name));
    const fixed = readdirSync(PUBLIC);
    const digest = createHash('sha256').update(built.sort().join());
    digest.update(String((bundle['index.html'] as { source: string }).source));
    for (const name of fixed) digest.update(readFileSync(`${PUBLIC}${name}`));
    worker.code = worker.code
      .replaceAll('__FILES__', JSON.stringify(['/', ...[...fixed, ...built].map((name) => `/${name}`)]))
      .replaceAll('__BUILD__', JSON.stringify(digest.digest('hex').slice(0, 16)));
  },
};

/** viem asks for this module when a call has failed: then it may be too late to ask the node for it. */
const ccip: Plugin = {
  name: 'ccip',
  transform(code, id) {
    if (!/viem\/_esm\/actions\/public\/call\.js$/.test(id)) return undefined;
    const changed = code.replace("await import('../../utils/ccip.js')", 'ccip');
    if (changed === code) throw new Error('viem asks for ccip.js in another way: see whether it still does');
    return { code: `import * as ccip from '../../utils/ccip.js';\n${changed}`, map: null };
  },
};

export default defineConfig({
  plugins: [pages, keeper, ccip],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: { conditions: ['@upfront/source', 'module', 'browser', 'import', 'default'] },
  build: {
    target: 'es2024',
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: ['index.html', 'src/service-worker.ts'],
      output: {
        entryFileNames: ({ name }) => (name === 'service-worker' ? WORKER : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { proxy: { '/v1': { target: node, ws: true } } },
});
