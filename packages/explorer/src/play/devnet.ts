/**
 * What a page may do to a devnet: take its operator away by the devnet's controls; give ETH and let time pass by anvil's
 * own methods, on the first layer that the node announces.
 *
 * docs/api.md, The page. Invariant: without controls in the node's status nothing of this is reachable.
 */
import { type Address, createTestClient, http, publicActions } from 'viem';

export interface DevnetControls {
  /** wei. */
  give(address: Address, wei: bigint): Promise<void>;
  /** s, on the first layer's own clock. */
  advance(seconds: bigint): Promise<void>;
  /** Takes the operator away for good. Throws Error if it does not go. */
  stopOperator(): Promise<void>;
}

export function createControls({ controls, l1Url }: { controls: string; l1Url: string }): DevnetControls {
  const anvil = createTestClient({ mode: 'anvil', transport: http(l1Url) }).extend(publicActions);
  return {
    give: (address, wei) => anvil.setBalance({ address, value: wei }),
    async advance(seconds) {
      await anvil.increaseTime({ seconds: Number(seconds) });
      await anvil.mine({ blocks: 1 });
    },
    async stopOperator() {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${controls}/stop-node`, { method: 'POST', headers });
      if (response.status !== 202) throw new Error(`The devnet did not obey: HTTP ${response.status}.`);
    },
  };
}
