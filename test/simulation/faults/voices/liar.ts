/**
 * The small-scope mutator (ByzzFuzz, OOPSLA'23): some of what it says is dropped, replayed, moved by one height or view, or
 * turned to another hash and signed anew; and it forges certificates, which nobody may believe.
 */
import type { PeerMessage } from '../../../../src/node/ports.js';
import type { QuorumCertificate } from '../../../../src/protocol/pbft/certificate.js';
import type {
  CheckpointVote,
  Decided,
  PrePrepare,
  Status,
  Suspect,
  ViewChangeSent,
  Vote,
} from '../../../../src/protocol/pbft/message.js';
import type { BlockHash, Digest, PeerIndex } from '../../../../src/protocol/primitives/identifiers.js';
import type { RandomSequence } from '../../randomness.js';
import { createBlock } from '../../twins/block-body.js';
import { transactionsOf } from '../../twins/simulated-ledger.js';
import { Voice } from './voice.js';

const REMEMBERED = 60;
const LIES = 0.4;
const OTHER_HASH = 'ab'.repeat(32) as BlockHash;
const OTHER_DIGEST = OTHER_HASH as string as Digest;

export class Liar extends Voice {
  private readonly said: PeerMessage[] = [];

  protected override prepare(message: PeerMessage): void {
    this.said.push(message);
    if (this.said.length > REMEMBERED) this.said.shift();
  }

  protected override wordsFor(to: PeerIndex, message: PeerMessage): readonly PeerMessage[] {
    const random = this.lie(message, to, LIES);
    if (random === undefined) return [message];
    switch (random.integer(5)) {
      case 0:
        return [];
      case 1:
        return [random.pick(this.said)];
      default:
        return this.rewritten(message, random);
    }
  }

  private rewritten(message: PeerMessage, random: RandomSequence): readonly PeerMessage[] {
    switch (message.type) {
      case 'prePrepare':
        return [this.otherProposal(message, random)];
      case 'vote':
        return random.chance(0.5)
          ? [this.otherVote(message, random)]
          : [message, this.otherVote(message, random)];
      case 'checkpointVote':
        return [this.otherLine(message, random)];
      case 'status':
        return [this.otherStatus(message, random), this.forgedDecision(message)];
      case 'suspect':
        return [this.otherSuspect(message, random)];
      case 'viewChange':
        return [this.otherViewChange(message, random)];
      default:
        return [message];
    }
  }

  private otherVote(vote: Vote, random: RandomSequence): Vote {
    const change = random.pick([
      { blockHash: OTHER_HASH },
      { blockHash: OTHER_HASH },
      { height: vote.height + 1 },
      { height: Math.max(1, vote.height - 1) },
      { view: vote.view + 1 },
      { view: Math.max(0, vote.view - 1) },
      { kind: 'commit' as const },
    ]);
    const { kind, epoch, view, height, blockHash } = { ...vote, ...change };
    const request = { type: 'vote', kind, epoch, view, height, blockHash } as const;
    return { ...request, signer: this.seatIn(epoch), signature: this.sign(request) };
  }

  private otherLine(line: CheckpointVote, random: RandomSequence): CheckpointVote {
    const height = line.height + random.integer(2);
    const signature = this.sign({ type: 'checkpoint', epoch: line.epoch, height, root: OTHER_DIGEST });
    return { ...line, height, root: OTHER_DIGEST, signature };
  }

  private otherSuspect(message: Suspect, random: RandomSequence): Suspect {
    const { epoch, signer } = message;
    const view = Math.max(0, message.view + random.pick([-1, 1, 2]));
    return { type: 'suspect', epoch, view, signer, signature: this.sign({ type: 'suspect', epoch, view }) };
  }

  /** Claims that its own signature does not cover, or a certificate that is another view's: to be refused. */
  private otherViewChange(message: ViewChangeSent, random: RandomSequence): ViewChangeSent {
    const { timeout, change } = message;
    return random.pick([
      { ...message, change: { ...change, view: change.view + 1 } },
      { ...message, timeout: { ...timeout, view: timeout.view + 1 } },
      { ...message, timeout: { ...timeout, signatures: timeout.signatures.slice(1) } },
      { ...message, change: { ...change, base: { ...change.base, blockHash: OTHER_HASH } } },
      { ...message, change: { ...change, tips: [...change.tips, ...change.tips] } },
    ]);
  }

  /** Another block of the same height, well signed: some of them must be refused, the others may be voted for. */
  private otherProposal(message: PrePrepare, random: RandomSequence): PrePrepare {
    const { header } = message.block;
    const transactions = transactionsOf(message.block);
    const inFlight = this.said
      .filter(
        (said): said is PrePrepare => said.type === 'prePrepare' && said.block.header.height < header.height,
      )
      .flatMap(({ block }) => transactionsOf(block));
    const block = random.pick([
      () => createBlock(header, [...transactions, ...inFlight.slice(-1)]),
      () => createBlock(header, [...transactions, 'unknown']),
      () => createBlock(header, [...transactions, ...transactions.slice(0, 1)]),
      () => createBlock({ ...header, resultRoot: OTHER_DIGEST }, transactions),
      () => createBlock({ ...header, proposer: header.proposer + 1 }, transactions),
      () => createBlock({ ...header, parentHash: OTHER_HASH }, transactions),
      () => createBlock(header, []),
      () => createBlock({ ...header, epochFinal: !header.epochFinal }, transactions),
      () => createBlock({ ...header, nextValidatorsDigest: OTHER_DIGEST }, transactions),
      () => createBlock({ ...header, timestampMs: header.timestampMs + 1 }, transactions),
      () => createBlock({ ...header, timestampMs: header.timestampMs + 100_000 }, transactions),
      () => createBlock({ ...header, timestampMs: header.timestampMs - 100_000 }, transactions),
    ])();
    const { epoch, view } = message;
    const request = { type: 'propose', epoch, view, height: header.height, blockHash: block.hash } as const;
    return { ...message, block, signature: this.sign(request) };
  }

  private otherStatus(status: Status, random: RandomSequence): Status {
    const change = random.pick([
      { committedHeight: 0 },
      { committedHeight: 1_000_000 },
      { acceptedHeight: 0, prepareVotes: [], commitVotes: [] },
      { certifiedHeight: 0, executedHeight: 0 },
      { view: status.view + 5 },
      { view: 0, phase: 'active' as const },
      { standing: 'waking' as const },
    ]);
    return { ...status, ...change };
  }

  /** A decision of a block of its own, signed by itself alone, Q times over. */
  private forgedDecision(status: Status): Decided {
    const { genesis, agreement } = this.cluster;
    const height = status.committedHeight + 1;
    const header = {
      chainId: genesis.chainId,
      epoch: status.epoch,
      height,
      originView: status.view,
      proposer: this.seatIn(status.epoch),
      parentHash: (agreement.chain[height - 1] ?? OTHER_HASH) as BlockHash,
      resultRoot: OTHER_DIGEST,
      validatorsDigest: OTHER_DIGEST,
      nextValidatorsDigest: OTHER_DIGEST,
      timestampMs: 1,
      epochFinal: false,
    };
    const block = createBlock(header, [`forged-${height}`]);
    const { epoch, view } = status;
    const subject = { kind: 'commit', epoch, view, height, blockHash: block.hash } as const;
    const own = { signer: this.seatIn(epoch), signature: this.sign({ type: 'vote', ...subject }) };
    const certificate: QuorumCertificate = {
      ...subject,
      signatures: Array.from({ length: this.quorumIn(epoch) }, () => own),
    };
    return { type: 'decided', header: block.header, blockHash: block.hash, certificate };
  }
}
