// Two processes that sign with one key and know nothing of each other, as a thief of the key would have it. The others keep
// one ledger, and hold proof of what the key has signed twice.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLoad, underLoad } from '../load.js';
import { eventually } from '../test-cluster.js';
import { CHAOS_LIMIT_MS, ChaosCluster } from './chaos-cluster.js';
import { SecondNode } from './second-node.js';

/** Primary of view 0, so the twins propose different blocks. It dials everybody, so each twin has links of its own. */
const TWIN = 'acme';
const SWAP_MS = 700;
/** The load never rests: only while both twins have something to propose do they propose different blocks. */
const RESTLESS = { pauseMs: 150 };

describe('two processes with one key', () => {
  let chaos: ChaosCluster;
  let second: SecondNode;

  beforeAll(async () => {
    // Nobody is to be suspected before the first transaction: who has said anything is known to have said it.
    chaos = await ChaosCluster.start({ settings: { consensus: { silenceTimeoutMs: 60_000 } } });
    second = await SecondNode.prepare(chaos, TWIN, { database: 'second_twin' });
  });
  afterAll(async () => {
    await second.close();
    await chaos.close();
  });

  /** One of the others hears the first twin, two hear the second one. */
  function reach(byFirst: string): void {
    for (const other of chaos.othersThan(TWIN)) {
      const [near, far] = other === byFirst ? [chaos.links, second.links] : [second.links, chaos.links];
      far.between(TWIN, other).cut();
      near.between(TWIN, other).pass();
    }
    chaos.note(`the first twin reaches ${byFirst} alone`);
  }

  /** True when the witness can show two statements of the twins' key that no correct node signs both. */
  async function hasProof(witness: string): Promise<boolean> {
    const key = chaos.cluster.genesis.validators.find(({ organisation }) => organisation === TWIN)!.ledgerKey;
    const { items } = await chaos.cluster.node(witness).client.evidence();
    for (const { organisation, statements } of items) {
      expect(organisation).toBe(TWIN);
      expect(statements.map(({ publicKey }) => publicKey)).toEqual([key, key]);
      expect(statements[0]!.digest).not.toBe(statements[1]!.digest);
    }
    return items.length > 0;
  }

  it(
    'do not split the ledger, and are found out',
    async () => {
      const others = chaos.othersThan(TWIN);
      expect(await chaos.primary()).toBe(TWIN);
      reach(others[0]!);
      await second.start();
      await second.node.awaitReady();
      await chaos.run(
        'twins',
        async (load) => {
          const { restUrl, client } = second.node;
          const twin = { organisation: TWIN, restUrl, client, signer: chaos.nodes[0]!.signer };
          const { chainId } = chaos.cluster.genesis;
          const { history } = chaos;
          await underLoad(
            startLoad([twin], chainId, { name: 'second-twin', history, ...RESTLESS }),
            async () => {
              await load.more(20);
              await eventually('proof at each of the others', async () => {
                for (const other of others) {
                  reach(other);
                  await pause(SWAP_MS);
                }
                const found = await Promise.all(others.map(hasProof));
                return found.every(Boolean) ? true : undefined;
              });
              await load.more(20);
            },
          );
          await second.node.kill();
          chaos.links.heal();
          await load.more(20);
        },
        { mayBeAccused: [TWIN], ...RESTLESS },
      );
    },
    CHAOS_LIMIT_MS,
  );
});
