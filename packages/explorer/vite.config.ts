/**
 * How the page is built: sources of the workspace as they are, hashed assets, a manifest that the tests measure.
 *
 * Invariant: nothing inline, so that the node can serve it under a strict content security policy.
 */
import { defineConfig } from 'vite';

/** A node to develop against: `UPFRONT_NODE=http://127.0.0.1:8640 npm run dev -w @upfront/explorer`. */
const node = process.env['UPFRONT_NODE'] ?? 'http://127.0.0.1:8640';

export default defineConfig({
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
