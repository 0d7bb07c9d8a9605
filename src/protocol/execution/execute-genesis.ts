/** Record 0 of the result log: the state that genesis founds, by no block, at time zero, signed by nobody. */
import { EMPTY_FRONTIER } from '../crypto/merkle/merkle-frontier.js';
import { EMPTY_TREE_ROOT } from '../crypto/merkle/merkle-hash.js';
import { genesisState } from '../governance/genesis-state.js';
import type { Genesis } from '../ledger/genesis.js';
import { validatorSetDigest } from '../ledger/validator-set.js';
import { bytesToHex } from '../primitives/bytes.js';
import type { BlockHash, Digest } from '../primitives/identifiers.js';
import { ZERO_DIGEST } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import type { StateLeaf } from '../state/state-tree.js';
import { StateTree } from '../state/state-tree.js';
import { PrefetchedState } from '../state/state-view.js';
import { WriteSet } from '../state/write-set.js';
import { commitWrites } from './commit-writes.js';
import type { GenesisResult } from './executed-block.js';
import { appendResult } from './result-log.js';

/** `stateTree` is empty; afterwards it holds the founding state. */
export function executeGenesis(genesis: Genesis, stateTree: StateTree = new StateTree()): GenesisResult {
  invariant(stateTree.occupancyOf(1) === 0, 'genesis needs an empty state tree');
  const entries = genesisState(genesis);
  const state = new WriteSet(new PrefetchedState(entries.map(({ key }) => [key, undefined] as const)));
  for (const { key, value } of entries) state.put(key, value);
  const written = state.writes();
  invariant(written.length === entries.length, 'genesis writes a key twice');
  const emptyBuckets = new Map<number, readonly StateLeaf[]>();
  for (const { keyDigest } of written) emptyBuckets.set(stateTree.bucketOf(keyDigest), []);
  const { writes, stateRoot } = commitWrites(written, stateTree, emptyBuckets);
  const validatorsDigest = validatorSetDigest(genesis.validators);
  const result = appendResult(
    {
      chainId: genesis.chainId,
      epoch: 0,
      height: 0,
      timestampMs: 0,
      blockHash: ZERO_DIGEST as string as BlockHash,
      entryCount: 0,
      entriesRoot: bytesToHex(EMPTY_TREE_ROOT) as Digest,
      stateRoot,
      validatorsDigest,
      nextValidatorsDigest: validatorsDigest,
    },
    EMPTY_FRONTIER,
  );
  return { ...result, genesis, writes, stateRoot };
}
