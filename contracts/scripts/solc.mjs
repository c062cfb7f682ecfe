#!/usr/bin/env node
// The Solidity compiler of the npm package `solc`, with the switches that forge uses. forge inlines every source; those
// in a hoisted node_modules come under a path of this machine, or under `../`, or both. Here they get the one name
// below `../`, so that the bytecode is the same wherever the repository lies.
import { readFileSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import solc from 'solc';

const args = process.argv.slice(2);

if (args.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (args.includes('--standard-json')) {
  process.stdout.write(
    JSON.stringify(compile(JSON.parse(readFileSync(0, 'utf8')), args[args.indexOf('--base-path') + 1])),
  );
} else {
  process.stderr.write('usage: solc.mjs --version | --base-path DIR --standard-json < input.json\n');
  process.exitCode = 2;
}

function compile(input, basePath) {
  const outside = dirname(basePath) + sep;
  const rename = (name) => (name.startsWith(outside) ? `../${name.slice(outside.length)}` : name);
  const renameKeys = (object) =>
    Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), value]));

  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        ...input,
        sources: renameKeys(input.sources),
        settings: { ...input.settings, outputSelection: renameKeys(input.settings.outputSelection ?? {}) },
      }),
    ),
  );

  for (const name of Object.keys(input.sources)) {
    const renamed = rename(name);
    if (renamed === name) continue;
    for (const part of [output.sources, output.contracts]) {
      if (part?.[renamed] !== undefined) part[name] = part[renamed];
    }
  }
  return output;
}
