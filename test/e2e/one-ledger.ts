/** How a test ends that has disturbed the nodes: all four hold one ledger, and it is what the clients were told. */
import { expect } from '@jest/globals';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { checkHistory, type HistoryCheck } from './chaos/history/check-history.js';
import type { History } from './chaos/history/history.js';
import type { TestCluster } from './test-cluster.js';

const AGREEMENT_LIMIT_MS = 120_000;

export async function expectOneLedger(
  { nodes, cluster: { genesis, genesisBytes } }: TestCluster,
  history: History,
  more: Pick<HistoryCheck, 'mayBeAccused' | 'verified'> = {},
): Promise<void> {
  const agreement = await awaitAgreement(nodes, AGREEMENT_LIMIT_MS);
  expect(agreement.agree).toBe(true);
  expect(await checkHistory({ nodes, genesis, genesisBytes, history, ...more })).toEqual([]);
}
