/**
 * Whether two nodes hold one ledger: their histories by the result log, and their states entry by entry. Equal histories and a
 * state that differs mean that a database was changed behind its node's back.
 */
import { bytesEqual, bytesToHex } from '../../protocol/primitives/bytes.js';
import { sha256 } from '../../protocol/crypto/sha256.js';
import { compareState, type StateComparisonOptions } from './compare-state.js';
import { findFirstDifference } from './find-first-difference.js';
import type { ComparedNode, LedgerComparison } from './ledger-comparison.js';

const KEYS_MAX = 100;

function withoutNewline(genesis: Uint8Array): Uint8Array {
  return genesis.at(-1) === 0x0a ? genesis.subarray(0, -1) : genesis;
}

/** Throws CountersignError when a node cannot be asked. Of two ledgers with different genesis only that is told. */
export async function compareLedgers(
  first: ComparedNode,
  second: ComparedNode,
  { keysMax = KEYS_MAX, onEntries }: Partial<StateComparisonOptions> = {},
): Promise<LedgerComparison> {
  const nodes = [first, second] as const;
  const [own, other] = await Promise.all([first.genesis(), second.genesis()]);
  const [{ height: firstHead }, { height: secondHead }] = await Promise.all([
    first.status(),
    second.status(),
  ]);
  const heads = { first: firstHead, second: secondHead };
  const height = Math.min(firstHead, secondHead);
  if (!bytesEqual(withoutNewline(own), withoutNewline(other))) {
    const [left, right] = [own, other].map((bytes) => bytesToHex(sha256(withoutNewline(bytes))));
    const fields = [{ field: 'chainId', first: left ?? '', second: right ?? '' }];
    return {
      ...{ equal: false, height: 0, heads, firstDifference: { height: 0, fields, outcomes: [] } },
      ...{ keys: [], keysTruncated: false, unsettled: [], entries: 0 },
    };
  }
  const firstDifference = await findFirstDifference(nodes, height);
  const state = await compareState(nodes, { keysMax, ...(onEntries === undefined ? {} : { onEntries }) });
  const equal = firstDifference === undefined && state.keys.length === 0;
  return { equal, height, heads, firstDifference, ...state };
}
