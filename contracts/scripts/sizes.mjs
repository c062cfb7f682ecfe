#!/usr/bin/env node
// Compares the bytes of the contract's code, exactly, with snapshots/size.json; --update writes them. Needs `forge build`.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const snapshot = new URL('snapshots/size.json', root);
const { bytecode, deployedBytecode } = JSON.parse(
  readFileSync(new URL('out/Upfront.sol/Upfront.json', root), 'utf8'),
);
const bytes = ({ object }) => (object.length - 2) / 2;
const measured = `${JSON.stringify({ creation: bytes(bytecode), runtime: bytes(deployedBytecode) }, null, 2)}\n`;

if (process.argv.includes('--update')) {
  writeFileSync(snapshot, measured);
} else if (readFileSync(snapshot, 'utf8') !== measured) {
  process.stderr.write(
    `snapshots/size.json is stale (\`npm run test:contracts -- --update\`); measured: ${measured}`,
  );
  process.exitCode = 1;
}
