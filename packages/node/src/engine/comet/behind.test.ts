/** A node that is behind, and a CometBFT that takes no part any more, say so instead of something wrong or nothing. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTestNetwork, silent, transfersOf, until } from '../testing.ts';
import { BEHIND_MS } from './limits.ts';
import { startCometProcess } from './process.ts';
import { binaryOrSkip, Committee } from './testing.ts';

const UNAVAILABLE = 110;
const binary = binaryOrSkip();
const folder = mkdtempSync(join(tmpdir(), 'upfront-behind-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a node whose newest block is old says nothing certain of a message', { skip: !binary }, async () => {
  const network = await createTestNetwork(2, Date.now());
  const clock = { ahead: 0 };
  const more = { now: () => Date.now() + clock.ahead };
  const committee = await Committee.start({ binary: binary!, network, more });
  try {
    const { engine, chain } = committee.nodes[0]!;
    await until(() => chain.height > 0, 'a block');
    const [payer, payee] = network.payers;
    const { fetch } = transfersOf(network, payer!, 0n, payee!.address, 1);
    // Nobody has deposited as far as this node knows: were it behind, that would be no answer.
    clock.ahead = 3 * BEHIND_MS;
    assert.equal(engine.isBehind, true);
    assert.deepEqual(await engine.submit(fetch), [{ status: 'rejected', code: UNAVAILABLE }]);
    clock.ahead = 0;
    committee.observe();
    await until(() => chain.ledger.imported === 2, 'the import');
    assert.equal(engine.isBehind, false);
    assert.equal((await engine.submit(fetch))[0]!.status, 'dealt');
  } finally {
    await committee.close();
  }
});

test('a CometBFT whose consensus has failed is ended, and so is the node', async () => {
  const path = join(folder, 'failing');
  writeFileSync(
    path,
    "#!/bin/sh\necho started >> \"$0.times\"\nprintf 'E CONSENSUS '; printf 'FAILURE!!! err=bad'\nexec sleep 600\n",
  );
  chmodSync(path, 0o700);
  const ended = Promise.withResolvers<Error>();
  const comet = startCometProcess({ binary: path, home: folder, log: silent, ended: ended.resolve });
  const { message } = await ended.promise;
  assert.match(message, /ended by itself \(SIGKILL\).*CONSENSUS FAILURE!!! err=bad/);
  await comet.close();
});
