/** Lets whoever catches up wait, or gives a good beginning and then rubbish (CVE-2025-24371 and its like). */
import type { PeerMessage, SyncResponse } from '../../../../src/node/ports.js';
import type { ValidatorIndex } from '../../../../src/protocol/primitives/identifiers.js';
import type { RandomSequence } from '../../randomness.js';
import { Voice } from './voice.js';

export class SyncLiar extends Voice {
  protected override wordsFor(to: ValidatorIndex, message: PeerMessage): readonly PeerMessage[] {
    const random = this.lie(
      message,
      to,
      message.type === 'syncResponse' || message.type === 'blockReply' ? 0.7 : 0.1,
    );
    if (random === undefined) return [message];
    switch (message.type) {
      case 'syncResponse':
        return this.wrong(message, random);
      case 'blockReply':
        return random.pick([[], [{ ...message, block: { ...message.block, body: Uint8Array.of(1) } }]]);
      case 'status':
        return [
          { ...message, committedHeight: random.pick([0, 1e9]), executedHeight: random.pick([0, 1e9]) },
        ];
      default:
        return [message];
    }
  }

  private wrong(message: SyncResponse, random: RandomSequence): readonly PeerMessage[] {
    const { blocks } = message;
    const certificates = blocks.map(({ certificate }) => certificate).reverse();
    return random.pick<readonly PeerMessage[]>([
      [],
      [{ ...message, blocks: [] }],
      [{ ...message, blocks: [...blocks].reverse() }],
      [
        {
          ...message,
          blocks: blocks.map((block, index) => ({ ...block, certificate: certificates[index]! })),
        },
      ],
      [{ ...message, fromHeight: message.fromHeight + 1 }],
      [message, message],
    ]);
  }
}
