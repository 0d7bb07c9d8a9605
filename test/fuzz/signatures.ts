/** Every signature of a message with the bytes that it stands for: a recording is signed again, and so is a mutation. */
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { encodeVote, type SignedVoteKind } from '../../src/protocol/encoding/vote-bytes.js';
import type { ViewChangeClaim } from '../../src/protocol/encoding/view-change-bytes.js';
import { primaryOf } from '../../src/protocol/ledger/validator-set.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  SignerSignature,
  TimeoutCertificate,
} from '../../src/protocol/pbft/certificate.js';
import type { Evidence, SignedDigest } from '../../src/protocol/pbft/evidence.js';
import type { Message, Vote } from '../../src/protocol/pbft/message.js';
import { newViewDigest, viewChangeDigest, type ViewChange } from '../../src/protocol/pbft/view-change.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import {
  ZERO_DIGEST,
  type ChainId,
  type Digest,
  type Epoch,
  type Signature,
  type ValidatorIndex,
  type View,
} from '../../src/protocol/primitives/identifiers.js';

/** What a signature is made with; the old one stays where this returns it. */
export type Sign = (signer: ValidatorIndex, bytes: Uint8Array, old: Signature) => Signature;

export interface SignedChain {
  readonly chainId: ChainId;
  readonly origin: string;
  readonly validatorCount: number;
}

interface Slot {
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: number;
  readonly digest: string;
}

export class SignatureWriter {
  constructor(
    private readonly chain: SignedChain,
    private readonly sign: Sign,
  ) {}

  /** The same message under other signatures. */
  write(message: Message): Message {
    switch (message.type) {
      case 'prePrepare': {
        const { epoch, view, block, signature } = message;
        const slot = { epoch, view, height: block.header.height, digest: block.hash };
        return { ...message, signature: this.ofPrimary('propose', slot, signature) };
      }
      case 'vote':
        return this.vote(message);
      case 'checkpointVote': {
        const { signer, height, root, signature } = message;
        return { ...message, signature: this.line(signer, height, root, signature) };
      }
      case 'checkpointCertified':
        return { ...message, certificate: this.checkpoint(message.certificate) };
      case 'suspect': {
        const { epoch, view, signer, signature } = message;
        const slot = { epoch, view, height: 0, digest: ZERO_DIGEST };
        return { ...message, signature: this.slot('suspect', signer, slot, signature) };
      }
      case 'viewChange':
        return { ...message, timeout: this.timeout(message.timeout), change: this.change(message.change) };
      case 'newView': {
        const { epoch, view, signature } = message;
        const changes = message.changes.map((change) => this.change(change));
        const slot = { epoch, view, height: 0, digest: newViewDigest(changes) };
        return { ...message, changes, signature: this.ofPrimary('newView', slot, signature) };
      }
      case 'echo':
        return {
          ...message,
          votes: message.votes.map((vote) => this.vote(vote)),
          change: message.change && this.change(message.change),
        };
      case 'evidence':
        return { ...message, evidence: this.evidence(message.evidence) };
      case 'decided':
        return { ...message, certificate: this.certificate(message.certificate) };
      case 'status':
      case 'fetchBlock':
      case 'blockReply':
        return message;
    }
  }

  certificate(certificate: QuorumCertificate): QuorumCertificate {
    const { kind, epoch, view, height, blockHash } = certificate;
    const slot = { epoch, view, height, digest: blockHash };
    return { ...certificate, signatures: this.each(kind, slot, certificate.signatures) };
  }

  private vote(vote: Vote): Vote {
    const { kind, epoch, view, height, blockHash, signer, signature } = vote;
    const slot = { epoch, view, height, digest: blockHash };
    return { ...vote, signature: this.slot(kind, signer, slot, signature) };
  }

  private change(change: ViewChange): ViewChange {
    const { base, tips, signer, signature, ...view } = change;
    const signed = {
      base: { ...base, certificate: base.certificate && this.certificate(base.certificate) },
      tips: tips.map((tip) => ({ ...tip, certificate: this.certificate(tip.certificate) })),
    };
    return { ...view, ...signed, signer, signature: this.claim(view, signer, signed, signature) };
  }

  private claim(
    { epoch, view }: { readonly epoch: Epoch; readonly view: View },
    signer: ValidatorIndex,
    claim: ViewChangeClaim,
    old: Signature,
  ): Signature {
    return this.slot('viewChange', signer, { epoch, view, height: 0, digest: viewChangeDigest(claim) }, old);
  }

  private timeout(timeout: TimeoutCertificate): TimeoutCertificate {
    const { epoch, view, signatures } = timeout;
    return {
      ...timeout,
      signatures: this.each('suspect', { epoch, view, height: 0, digest: ZERO_DIGEST }, signatures),
    };
  }

  private checkpoint(certificate: CheckpointCertificate): CheckpointCertificate {
    const { height, root, signatures } = certificate;
    return {
      ...certificate,
      signatures: signatures.map(({ signer, signature }) => ({
        signer,
        signature: this.line(signer, height, root, signature),
      })),
    };
  }

  private evidence(evidence: Evidence): Evidence {
    const { epoch, offender } = evidence;
    switch (evidence.type) {
      case 'conflictingVotes': {
        const { kind, view, height, first, second } = evidence;
        const signed = ({ digest, signature }: SignedDigest): SignedDigest => ({
          digest,
          signature: this.slot(kind, offender, { epoch, view, height, digest }, signature),
        });
        return { ...evidence, first: signed(first), second: signed(second) };
      }
      case 'conflictingCheckpoints': {
        const { height, first, second } = evidence;
        const signed = ({ digest, signature }: SignedDigest): SignedDigest => ({
          digest,
          signature: this.line(offender, height, digest, signature),
        });
        return { ...evidence, first: signed(first), second: signed(second) };
      }
      case 'concealedCommit': {
        const { commit, viewChange, baseCertificate } = evidence;
        const slot = { epoch, view: commit.view, height: commit.height, digest: commit.blockHash };
        return {
          ...evidence,
          commit: { ...commit, signature: this.slot('commit', offender, slot, commit.signature) },
          viewChange: {
            ...viewChange,
            signature: this.claim(
              { epoch, view: viewChange.view },
              offender,
              viewChange.claim,
              viewChange.signature,
            ),
          },
          baseCertificate: baseCertificate && this.certificate(baseCertificate),
        };
      }
    }
  }

  private each(
    kind: SignedVoteKind,
    slot: Slot,
    signatures: readonly SignerSignature[],
  ): readonly SignerSignature[] {
    return signatures.map(({ signer, signature }) => ({
      signer,
      signature: this.slot(kind, signer, slot, signature),
    }));
  }

  private ofPrimary(kind: SignedVoteKind, slot: Slot, old: Signature): Signature {
    return this.slot(kind, primaryOf(this.chain.validatorCount, slot.epoch, slot.view), slot, old);
  }

  private slot(kind: SignedVoteKind, signer: ValidatorIndex, slot: Slot, old: Signature): Signature {
    return this.sign(signer, encodeVote({ kind, chainId: this.chain.chainId, ...slot }), old);
  }

  private line(signer: ValidatorIndex, height: number, root: Digest, old: Signature): Signature {
    return this.sign(signer, utf8ToBytes(checkpointText(this.chain.origin, height, root)), old);
  }
}
