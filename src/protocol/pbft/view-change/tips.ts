/**
 * Tips: the undominated prepared certificates above the committed height (PBFT-TIP-1). They are what a replica will
 * report when its view ends; newer views have the higher heights only, so there are one or two of them as a rule.
 */
import type { BlockHash, Height, View } from '../../primitives/identifiers.js';
import type { QuorumCertificate } from '../certificate.js';

export interface Tip {
  readonly view: View;
  readonly height: Height;
  readonly blockHash: BlockHash;
  /** Q PREPAREs. */
  readonly certificate: QuorumCertificate;
}

/** Adds what `certificate` proves: it drops every tip of no newer view and no higher height, or is dominated itself. */
export function addTip(tips: readonly Tip[], certificate: QuorumCertificate): readonly Tip[] {
  const { view, height, blockHash } = certificate;
  if (tips.some((tip) => tip.view >= view && tip.height >= height)) return tips;
  const kept = tips.filter((tip) => tip.view > view || tip.height > height);
  return [...kept, { view, height, blockHash, certificate }];
}

/** What is committed needs no tip. */
export function dropCommittedTips(tips: readonly Tip[], committedHeight: Height): readonly Tip[] {
  return tips.filter((tip) => tip.height > committedHeight);
}
