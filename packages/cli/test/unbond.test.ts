/** A validator's bond home by the command line, on anvil: what it waits for, until when, and what cannot be. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Anvil, DEV_KEYS, startAnvil } from '@upfront/node';
import type { Address } from 'viem';
import { type Chain, lookAt } from './chain.ts';
import { createMachine, type Machine, type Ran } from './support.ts';

const BOND_AGE_S = 3600;
const ETH = 10n ** 18n;

describe('unbond', { timeout: 120_000 }, () => {
  let machine: Machine;
  let anvil: Anvil;
  let chain: Chain;
  let operator: Address;
  const as = (key: string) => ({ UPFRONT_KEY: key });
  const run = (line: string, key: string = DEV_KEYS[0]): Promise<Ran> =>
    machine.run(line.split(' '), as(key));
  const says = async (ran: Promise<Ran>, code: number, ...words: RegExp[]): Promise<void> => {
    const { json, code: ended, stderr } = await ran;
    assert.equal(ended, code, stderr);
    for (const word of words) assert.match(`${json['message']} ${json['hint']}`, word);
  };

  before(async () => {
    machine = createMachine();
    anvil = await startAnvil({ blockTime: 'automine' });
    const { json, code, stderr } = await run(`init --l1 ${anvil.url} --bond 2 --bond-age ${BOND_AGE_S}s`);
    assert.equal(code, 0, stderr);
    chain = lookAt(anvil.url, json['contract']);
    operator = json['validators'][0];
  });
  after(async () => {
    await anvil.stop();
    await machine.remove();
  });

  it('is refused to who has no bond', async () => {
    await says(run('unbond', DEV_KEYS[3]), 3, /has no bond/, /--account/);
    await says(run('claim', DEV_KEYS[3]), 3, /Nothing can be claimed/);
  });

  it('says from when on the bond is paid, and that it is a validator still', async () => {
    const { json, code, stderr } = await run('unbond');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /validator still/);
    assert.deepEqual([json['bond'], json['isValidator'], json['item']], ['2', true, 2]);
    const { timestamp } = (await anvil.rpc('eth_getBlockByNumber', ['latest', false])) as {
      timestamp: string;
    };
    const at = new Date(1000 * (Number(timestamp) + BOND_AGE_S + 1)).toISOString();
    assert.equal(json['claimableAt'], at);
    await says(run('unbond'), 3, /on its way home already/, new RegExp(at));
    await says(run('claim'), 3, /Nothing can be claimed yet/, /2 ETH/, new RegExp(at), /in 1 h/);
    await says(run(`bond --l1 ${anvil.url}`), 0);
  });

  it('is paid by claim after the bond age, once, to the unit', async () => {
    await anvil.increaseTime(BOND_AGE_S + 1);
    await anvil.rpc('anvil_mine', ['0x1']);
    const before = await chain.ether(operator);
    const { json, code, stderr } = await run('claim');
    assert.equal(code, 0, stderr);
    assert.deepEqual([json['amount'], json['closed']], ['2', false]);
    assert.equal(await chain.ether(operator), before + 2n * ETH - (await chain.gasOf([json['transaction']])));
    await says(run('claim'), 3, /Nothing can be claimed/);
    await says(run('unbond'), 3, /has no bond/);
  });

  it('leaves nobody in the set: there is none to save', async () => {
    await anvil.rpc('anvil_mine', ['0x8']);
    await says(run('receipt validators --out set.json'), 3, /no validator any more/);
    writeFileSync(join(machine.folder, 'set.json'), '{}');
    writeFileSync(join(machine.folder, 'receipt.json'), '{}');
    const verify = 'receipt verify receipt.json --validators set.json';
    await says(run(verify), 2, /no set of validators/, /receipt validators/);
    await says(run(`${verify} --on-l1`), 2, /cannot be used with/);
  });
});
