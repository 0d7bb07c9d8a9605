/**
 * Proposes one block to half of the others and another to the rest, and votes with each half for what that half has seen. In
 * some views only at every second height, so that the other block has a parent to stand on: then it repeats a transaction of
 * that parent.
 */
import type { PeerMessage } from '../../../../src/node/ports.js';
import type { PrePrepare, Vote } from '../../../../src/protocol/pbft/message.js';
import type { BlockHash, PeerIndex } from '../../../../src/protocol/primitives/identifiers.js';
import { createBlock } from '../../twins/block-body.js';
import { transactionsOf } from '../../twins/simulated-ledger.js';
import { Voice } from './voice.js';

export class Equivocator extends Voice {
  /** Hash of its replica's block → hash of the other block of that height. */
  private readonly others = new Map<BlockHash, PrePrepare>();

  private lastProposed: readonly string[] = [];

  protected override prepare(message: PeerMessage): void {
    if (message.type !== 'prePrepare' || this.others.has(message.block.hash)) return;
    const { epoch, view, block } = message;
    const { header } = block;
    const transactions = [...transactionsOf(block)].reverse();
    const isSparing = (view >> 1) % 2 === 1;
    const repeated = isSparing ? this.lastProposed.slice(0, 1) : [];
    this.lastProposed = transactions;
    if (isSparing && header.height % 2 === 1) return;
    const other = createBlock({ ...header, timestampMs: header.timestampMs + 1 }, [
      ...(transactions.length > 1 ? transactions.slice(1) : transactions),
      ...repeated.filter((name) => !transactions.includes(name)),
    ]);
    const request = { type: 'propose', epoch, view, height: header.height, blockHash: other.hash } as const;
    this.others.set(block.hash, { ...message, block: other, signature: this.sign(request) });
  }

  protected override wordsFor(to: PeerIndex, message: PeerMessage): readonly PeerMessage[] {
    if (to % 2 === 0) return [message];
    if (message.type === 'prePrepare') {
      const other = this.others.get(message.block.hash);
      return other === undefined || this.lie(message, to, 0.9) === undefined ? [message] : [other];
    }
    if (message.type !== 'vote') return [message];
    const other = this.others.get(message.blockHash);
    return other === undefined || this.lie(message, to, 0.9) === undefined
      ? [message]
      : [this.voteFor(other.block.hash, message)];
  }

  private voteFor(blockHash: BlockHash, { kind, epoch, view, height }: Vote): Vote {
    const request = { type: 'vote', kind, epoch, view, height, blockHash } as const;
    return { ...request, signer: this.seatIn(epoch), signature: this.sign(request) };
  }
}
