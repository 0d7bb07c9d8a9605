/** Reports less than it knows when a view ends: fewer tips, none, or none and an older base; well signed. */
import type { PeerMessage } from '../../../../src/node/ports.js';
import type { ViewChangeSent } from '../../../../src/protocol/pbft/message.js';
import { viewChangeDigest, type ViewChangeContent } from '../../../../src/protocol/pbft/view-change.js';
import {
  ZERO_DIGEST,
  type BlockHash,
  type PeerIndex,
} from '../../../../src/protocol/primitives/identifiers.js';
import type { RandomSequence } from '../../randomness.js';
import { Voice } from './voice.js';

const GENESIS_BASE = { height: 0, blockHash: ZERO_DIGEST as string as BlockHash, certificate: undefined };

export class Concealer extends Voice {
  protected override wordsFor(to: PeerIndex, message: PeerMessage): readonly PeerMessage[] {
    if (message.type !== 'viewChange') return [message];
    const random = this.lie(message, to, 0.8);
    return [random === undefined ? message : this.lessThan(message, random)];
  }

  private lessThan({ timeout, change }: ViewChangeSent, random: RandomSequence): ViewChangeSent {
    const { epoch, view, base, tips, signer } = change;
    const content: ViewChangeContent = random.pick([
      { epoch, view, base, tips: [] },
      { epoch, view, base, tips: [] },
      { epoch, view, base, tips: tips.slice(1) },
      { epoch, view, base: GENESIS_BASE, tips: [] },
    ]);
    const signature = this.sign({ type: 'viewChange', epoch, view, digest: viewChangeDigest(content) });
    return { type: 'viewChange', timeout, change: { ...content, signer, signature } };
  }
}
