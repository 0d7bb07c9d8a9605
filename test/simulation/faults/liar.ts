/**
 * A Byzantine validator in the small (ByzzFuzz, OOPSLA'23): it runs the protocol, but some of what it says is dropped,
 * replayed, moved by one height or view, or turned to another hash and signed anew; and it forges certificates, which
 * nobody may believe. It owns no key but its own.
 */
import type { PeerMessage } from '../../../src/node/ports.js';
import type { QuorumCertificate } from '../../../src/protocol/pbft/certificate.js';
import type {
  CheckpointVote,
  Decided,
  PrePrepare,
  Status,
  Vote,
} from '../../../src/protocol/pbft/message.js';
import { signBytes } from '../../../src/protocol/pbft/sign-bytes.js';
import type { BlockHash, Digest, ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
import { quorumSize } from '../../../src/protocol/primitives/quorum.js';
import type { Cluster } from '../cluster.js';
import { STREAM, type RandomSequence } from '../randomness.js';
import type { Endpoint } from '../twins/simulated-network.js';
import { createBlock } from '../twins/block-body.js';
import { transactionsOf } from '../twins/simulated-ledger.js';

const REMEMBERED = 60;
const OTHER_HASH = 'ab'.repeat(32) as BlockHash;
const OTHER_DIGEST = OTHER_HASH as string as Digest;

export class Liar {
  private readonly said: PeerMessage[] = [];
  private readonly random: RandomSequence;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly cluster: Cluster,
  ) {
    this.random = cluster.randomness.sequence(STREAM.liar, endpoint.id);
  }

  send(to: ValidatorIndex | 'all', message: PeerMessage): void {
    const receivers =
      to === 'all'
        ? this.cluster.genesis.validators
            .map((_, index) => index)
            .filter((index) => index !== this.endpoint.index)
        : [to];
    for (const receiver of receivers) {
      for (const said of this.variations(message)) this.cluster.network.send(this.endpoint, receiver, said);
    }
    this.said.push(message);
    if (this.said.length > REMEMBERED) this.said.shift();
  }

  private variations(message: PeerMessage): readonly PeerMessage[] {
    if (!this.random.chance(0.4)) return [message];
    switch (this.random.integer(5)) {
      case 0:
        return [];
      case 1:
        return [this.said.length > 0 ? this.random.pick(this.said) : message];
      case 2:
        if (message.type === 'checkpointVote') return [this.otherLine(message)];
        return message.type === 'vote' ? [message, this.otherVote(message)] : [message];
      case 3:
        if (message.type === 'prePrepare') return [this.otherProposal(message)];
        return message.type === 'vote' ? [this.otherVote(message)] : [message];
      default:
        return message.type === 'status'
          ? [this.otherStatus(message), this.forgedDecision(message)]
          : [message];
    }
  }

  private otherVote(vote: Vote): Vote {
    const change = this.random.pick([
      { blockHash: OTHER_HASH },
      { blockHash: OTHER_HASH },
      { height: vote.height + 1 },
      { height: Math.max(1, vote.height - 1) },
      { view: vote.view + 1 },
      { kind: 'commit' as const },
    ]);
    const { kind, epoch, view, height, blockHash } = { ...vote, ...change };
    const request = { type: 'vote', kind, epoch, view, height, blockHash } as const;
    return { ...request, signer: this.endpoint.index, signature: this.sign(request) };
  }

  private otherLine(line: CheckpointVote): CheckpointVote {
    const height = line.height + this.random.integer(2);
    return {
      ...line,
      height,
      root: OTHER_DIGEST,
      signature: this.sign({ type: 'checkpoint', height, root: OTHER_DIGEST }),
    };
  }

  /** Another block of the same height, well signed: some of them must be refused, the others may be voted for. */
  private otherProposal(message: PrePrepare): PrePrepare {
    const { header } = message.block;
    const transactions = transactionsOf(message.block);
    const block = this.random.pick([
      () => createBlock(header, [...transactions, 'unknown']),
      () => createBlock(header, [...transactions, ...transactions.slice(0, 1)]),
      () => createBlock({ ...header, resultRoot: OTHER_DIGEST }, transactions),
      () => createBlock({ ...header, proposer: header.proposer + 1 }, transactions),
      () => createBlock({ ...header, parentHash: OTHER_HASH }, transactions),
      () => createBlock(header, []),
      () => createBlock({ ...header, timestampMs: header.timestampMs + 1 }, transactions),
    ])();
    const { epoch, view } = message;
    const request = { type: 'propose', epoch, view, height: header.height, blockHash: block.hash } as const;
    return { ...message, block, signature: this.sign(request) };
  }

  private otherStatus(status: Status): Status {
    const change = this.random.pick([
      { committedHeight: 0 },
      { committedHeight: 1_000_000 },
      { acceptedHeight: 0, prepareVotes: [], commitVotes: [] },
      { certifiedHeight: 0, executedHeight: 0 },
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
      proposer: this.endpoint.index,
      parentHash: (agreement.chain[height - 1] ?? OTHER_HASH) as BlockHash,
      resultRoot: OTHER_DIGEST,
      validatorsDigest: OTHER_DIGEST,
      nextValidatorsDigest: OTHER_DIGEST,
      timestampMs: 1,
      epochFinal: false,
    };
    const block = createBlock(header, [`forged-${height}`]);
    const subject = {
      kind: 'commit',
      epoch: status.epoch,
      view: status.view,
      height,
      blockHash: block.hash,
    } as const;
    const own = { signer: this.endpoint.index, signature: this.sign({ type: 'vote', ...subject }) };
    const count = quorumSize(genesis.validators.length);
    const certificate: QuorumCertificate = {
      ...subject,
      signatures: Array.from({ length: count }, () => own),
    };
    return { type: 'decided', header: block.header, blockHash: block.hash, certificate };
  }

  private sign(request: Parameters<typeof signBytes>[0]): Uint8Array {
    const { genesis, keyring } = this.cluster;
    return keyring.sign(this.endpoint.index, signBytes(request, genesis.chainId, genesis.origin));
  }
}
