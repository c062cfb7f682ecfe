/**
 * How the page is built: sources of the workspace as they are, hashed assets, a manifest that the tests measure.
 *
 * Invariant: nothing inline, so that the node can serve it under a strict content security policy.
 */
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

export default defineConfig({
  plugins: [pages],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: { conditions: ['@upfront/source', 'module', 'browser', 'import', 'default'] },
  build: {
    target: 'es2024',
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': { target: node, ws: true } } },
});
