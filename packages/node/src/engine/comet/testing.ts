/**
 * What tests of the committee share: CometBFT's executable if there is one, free ports, and a node of a test network.
 * Without CometBFT its tests are skipped by name; with CI=true that is a failure.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

export interface Binary {
  readonly version: string;
  readonly path: string;
}

/** Of this version, or the one that the node is made for; undefined after a test that says why there is none. */
export function binaryOrSkip(version?: string): Binary | undefined {
  const script = join(import.meta.dirname, '../../../../../scripts/cometbft.mjs');
  const argv = [script, '--find', ...(version === undefined ? [] : [version])];
  const name = `CometBFT ${version ?? ''}`.trim();
  try {
    const path = execFileSync(process.execPath, argv, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
    return { version: name, path };
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr).trim();
    if (process.env.CI === 'true') test(`${name} is there`, () => assert.fail(reason));
    else test(`${name}: a committee`, { skip: reason }, () => {});
    return undefined;
  }
}

/** Ports of this machine that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
