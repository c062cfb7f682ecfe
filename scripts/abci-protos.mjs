// Makes packages/node/src/engine/comet/generated anew: CometBFT's ABCI messages from the .proto files of its release tag.
//
//   node scripts/abci-protos.mjs
//
// Needs Go (which brings the tag's sources) and npx (which brings buf and protoc-gen-es); `npm test` needs neither.
// gogoproto's options only shape Go code and are left out, so that nothing of it has to be generated.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TAG = 'v0.40.0';
const BUF = '@bufbuild/buf@1.75.0';
const PLUGIN = '@bufbuild/protoc-gen-es@2.17.0';
const FILES = [
  'tendermint/abci/types.proto',
  'tendermint/crypto/keys.proto',
  'tendermint/crypto/proof.proto',
  'tendermint/types/params.proto',
  'tendermint/types/validator.proto',
];

const target = fileURLToPath(new URL('../packages/node/src/engine/comet/generated', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'upfront-protos-'));
try {
  const module = execFileSync('go', ['mod', 'download', '-json', `github.com/cometbft/cometbft@${TAG}`]);
  const source = join(JSON.parse(module.toString()).Dir, 'proto');
  for (const file of FILES) {
    const path = join(work, 'proto', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, plain(readFileSync(join(source, file), 'utf8')));
  }
  writeFileSync(join(work, 'buf.yaml'), 'version: v2\nmodules:\n  - path: proto\n');
  const options = '[target=ts, import_extension=ts, erasable_syntax=true]';
  const plugin = `  - local: protoc-gen-es\n    out: out\n    opt: ${options}\n`;
  writeFileSync(join(work, 'buf.gen.yaml'), `version: v2\nplugins:\n${plugin}`);
  const argv = ['--yes', `--package=${BUF}`, `--package=${PLUGIN}`, '--', 'buf', 'generate'];
  execFileSync('npx', argv, { cwd: work, stdio: 'inherit' });
  rmSync(target, { recursive: true, force: true });
  for (const file of FILES) {
    const name = file.replace(/\.proto$/, '_pb.ts');
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, readFileSync(join(work, 'out', name)));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Without what only speaks to gogoproto. */
function plain(proto) {
  return proto
    .replace(/^import "gogoproto\/gogo.proto";\n/m, '')
    .replace(/^\s*option \(gogoproto\.[^;]*;\n/gm, '')
    .replace(/\s*\[[^\][]*\(gogoproto\.[^\][]*\]/g, '');
}
