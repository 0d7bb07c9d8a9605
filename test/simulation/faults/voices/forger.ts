/** As a new primary it begins its view twice, with different quorums for different receivers, or with claims it has emptied. */
import type { PeerMessage } from '../../../../src/node/ports.js';
import type { NewView } from '../../../../src/protocol/pbft/message.js';
import { newViewDigest, type ViewChange } from '../../../../src/protocol/pbft/view-change.js';
import type { PeerIndex, ValidatorIndex } from '../../../../src/protocol/primitives/identifiers.js';
import type { RandomSequence } from '../../randomness.js';
import { Voice } from './voice.js';

export class Forger extends Voice {
  /** Signer → its newest view change. */
  private readonly heard = new Map<ValidatorIndex, ViewChange>();

  override hear(message: PeerMessage): void {
    if (message.type === 'viewChange') this.heard.set(message.change.signer, message.change);
  }

  protected override prepare(message: PeerMessage): void {
    if (message.type === 'viewChange') this.heard.set(message.change.signer, message.change);
  }

  protected override wordsFor(to: PeerIndex, message: PeerMessage): readonly PeerMessage[] {
    if (message.type !== 'newView') return [message];
    const random = this.lie(message, to, 0.6);
    return [random === undefined ? message : this.otherView(message, random)];
  }

  private otherView(message: NewView, random: RandomSequence): NewView {
    const { epoch, view } = message;
    const quorum = this.quorumIn(epoch);
    const known = [...this.heard.values()].filter((change) => change.epoch === epoch && change.view === view);
    const lastFirst = known
      .sort((left, right) => right.signer - left.signer)
      .slice(0, quorum)
      .reverse();
    const changes = random.pick([
      lastFirst.length === quorum ? lastFirst : message.changes,
      message.changes.map((change) => ({ ...change, tips: [] })),
      message.changes.slice(1),
      message.changes.map(() => message.changes[0]!),
    ]);
    const signature = this.sign({ type: 'newView', epoch, view, digest: newViewDigest(changes) });
    return { ...message, changes, signature };
  }
}
