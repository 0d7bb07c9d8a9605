/**
 * Which blocks a new view begins with (PBFT-VIEW-5): a pure function of Q view changes, the heart of safety. Whatever may
 * have been committed anywhere is in the result; everybody computes it, and nobody is told it.
 *
 * Base: the highest commit. Above it the tips are taken newest view first, each extending what the newer ones gave. A tip
 * that does not fit on a newer one was not committed, nor is anything of an older view above it.
 */
import type { Height } from '../../primitives/identifiers.js';
import type { CommitReference, HashedHeader, PreparedTip, ViewChangeContent } from '../view-change.js';

export interface SelectedBlock extends HashedHeader {
  /** The tip that covers it: signers of its certificate hold the body. */
  readonly tip: PreparedTip;
}

export interface SelectedChain {
  readonly base: CommitReference;
  /** Heights from base.height + 1, ascending and linked. */
  readonly chain: readonly SelectedBlock[];
}

/** Newer views first; of one view, where all tips lie on one chain, the higher first; ties by hash, for one order. */
function inOrder(left: PreparedTip, right: PreparedTip): number {
  if (left.view !== right.view) return right.view - left.view;
  if (left.height !== right.height) return right.height - left.height;
  if (left.blockHash === right.blockHash) return 0;
  return left.blockHash < right.blockHash ? -1 : 1;
}

function headerAt(tip: PreparedTip, height: Height): HashedHeader | undefined {
  return tip.headers[tip.headers.length - 1 - (tip.height - height)];
}

/** `changes` are valid, of one view, by different signers, and at least one. */
export function selectChain(changes: readonly ViewChangeContent[]): SelectedChain {
  const base = changes
    .map((change) => change.base)
    .reduce((high, next) => (next.height > high.height ? next : high));
  const tips = changes
    .flatMap((change) => change.tips)
    .filter((tip) => tip.height > base.height)
    .sort(inOrder);
  const chain: SelectedBlock[] = [];
  for (const tip of tips) {
    const reached = base.height + chain.length;
    if (tip.height <= reached) continue;
    const parentHash = chain.at(-1)?.hash ?? base.blockHash;
    if (headerAt(tip, reached + 1)?.header.parentHash !== parentHash) break;
    for (let height = reached + 1; height <= tip.height; height++) {
      const block = headerAt(tip, height);
      if (block !== undefined) chain.push({ ...block, tip });
    }
  }
  return { base, chain };
}
