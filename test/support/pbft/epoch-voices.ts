/**
 * What the validators of one epoch say to each other about real blocks, signed with their real keys: whatever is made here
 * passes verify-message.ts unless a test changes it.
 */
import { publicKeyOfSeed, signMessage } from '../../../src/protocol/crypto/ed25519.js';
import type { Block } from '../../../src/protocol/ledger/block.js';
import type { BlockHeader } from '../../../src/protocol/ledger/block-header.js';
import type { Genesis } from '../../../src/protocol/ledger/genesis.js';
import {
  primaryOf,
  validatorSetDigest,
  type ValidatorSet,
} from '../../../src/protocol/ledger/validator-set.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  SignerSignature,
  TimeoutCertificate,
  VoteKind,
} from '../../../src/protocol/pbft/certificate.js';
import type { SignRequest } from '../../../src/protocol/pbft/effect.js';
import type { EpochSeats } from '../../../src/protocol/pbft/epoch-seats.js';
import type {
  CheckpointCertified,
  CheckpointVote,
  Decided,
  Echo,
  NewView,
  PrePrepare,
  Suspect,
  ViewChangeSent,
  Vote,
} from '../../../src/protocol/pbft/message.js';
import { signBytes } from '../../../src/protocol/pbft/sign-bytes.js';
import {
  newViewDigest,
  viewChangeDigest,
  type CommitReference,
  type PreparedTip,
  type ViewChange,
  type ViewChangeContent,
} from '../../../src/protocol/pbft/view-change.js';
import {
  ZERO_DIGEST,
  type BlockHash,
  type Digest,
  type PeerIndex,
  type Signature,
  type ValidatorIndex,
} from '../../../src/protocol/primitives/identifiers.js';
import { quorumSize } from '../../../src/protocol/primitives/quorum.js';
import { sampleBlockOf, sampleTransaction, type Changes } from '../certified-blocks.js';
import { testSeed } from '../signed-transactions.js';

export const GENESIS_HASH = ZERO_DIGEST as string as BlockHash;
export const GENESIS_BASE: CommitReference = { height: 0, blockHash: GENESIS_HASH, certificate: undefined };

export interface TestVoter {
  readonly organisation: string;
  /** Name of its key, see testSeed. */
  readonly keyName: string;
  readonly peer: PeerIndex;
}

export function testRoot(height: number, salt = 0): Digest {
  return (height * 16 + salt).toString(16).padStart(64, '0') as Digest;
}

/** Methods are bound: they can be taken out of it one by one. */
export class EpochVoices {
  readonly validators: ValidatorSet;
  readonly quorum: number;
  /** The first Q validators, who sign where a test does not say who does. */
  readonly someQuorum: readonly ValidatorIndex[];

  constructor(
    readonly genesis: Genesis,
    readonly epoch: number,
    readonly firstHeight: number,
    /** By place. */
    readonly voters: readonly TestVoter[],
  ) {
    this.validators = voters.map(({ organisation, keyName }) => ({
      organisation,
      ledgerKey: publicKeyOfSeed(testSeed(keyName)),
    }));
    this.quorum = quorumSize(voters.length);
    this.someQuorum = Array.from({ length: this.quorum }, (_, index) => index);
  }

  /** Place of a peer; `undefined` for who has none. */
  readonly placeOf = (peer: PeerIndex): ValidatorIndex | undefined => {
    const place = this.voters.findIndex((voter) => voter.peer === peer);
    return place < 0 ? undefined : place;
  };

  readonly primaryIn = (view: number): ValidatorIndex => primaryOf(this.voters.length, this.epoch, view);

  /** The epoch as the replica of a peer meets it. */
  readonly seatsFor = (peer: PeerIndex): EpochSeats => ({
    epoch: this.epoch,
    firstHeight: this.firstHeight,
    validators: this.validators,
    self: this.placeOf(peer),
    peers: this.voters.map((voter) => voter.peer),
  });

  readonly signBytesAs = (signer: ValidatorIndex, bytes: Uint8Array): Signature => {
    return signMessage(testSeed(this.voters[signer]!.keyName), bytes);
  };

  readonly signAs = (signer: ValidatorIndex, request: SignRequest): Signature => {
    return this.signBytesAs(signer, signBytes(request, this.genesis.chainId, this.genesis.origin));
  };

  private readonly signatures = (
    signers: readonly ValidatorIndex[],
    request: SignRequest,
  ): readonly SignerSignature[] => {
    return signers.map((signer) => ({ signer, signature: this.signAs(signer, request) }));
  };

  /** A block with one transaction, first proposed in `view`; `salt` makes another one of the same height. */
  readonly testBlock = (
    height: number,
    parentHash: BlockHash,
    salt = 0,
    view = 0,
    changes: Changes<BlockHeader> = {},
  ): Block => {
    return sampleBlockOf(this.genesis, [sampleTransaction(this.genesis, `block-${height}-${salt}`)], {
      height,
      parentHash,
      originView: view,
      proposer: this.primaryIn(view),
      validatorsDigest: validatorSetDigest(this.validators),
      epoch: this.epoch,
      timestampMs: height,
      ...changes,
    });
  };

  readonly proposalOf = (block: Block, view = block.header.originView): PrePrepare => {
    const { height } = block.header;
    const request = { type: 'propose', epoch: this.epoch, view, height, blockHash: block.hash } as const;
    const signature = this.signAs(this.primaryIn(view), request);
    return { type: 'prePrepare', epoch: this.epoch, view, block, signature };
  };

  readonly voteOf = (signer: ValidatorIndex, kind: VoteKind, block: Block, view = 0): Vote => {
    const { height } = block.header;
    const request = { type: 'vote', kind, epoch: this.epoch, view, height, blockHash: block.hash } as const;
    return { ...request, signer, signature: this.signAs(signer, request) };
  };

  readonly certificateOf = (
    kind: VoteKind,
    { header: { height }, hash: blockHash }: Block,
    view = 0,
    signers = this.someQuorum,
  ): QuorumCertificate => {
    const subject = { kind, epoch: this.epoch, view, height, blockHash };
    return { ...subject, signatures: this.signatures(signers, { type: 'vote', ...subject }) };
  };

  readonly decidedOf = (block: Block, view = 0): Decided => {
    const certificate = this.certificateOf('commit', block, view);
    return { type: 'decided', header: block.header, blockHash: block.hash, certificate };
  };

  readonly lineOf = (signer: ValidatorIndex, height: number, root = testRoot(height)): CheckpointVote => {
    const signature = this.signAs(signer, { type: 'checkpoint', epoch: this.epoch, height, root });
    return { type: 'checkpointVote', epoch: this.epoch, height, root, signer, signature };
  };

  readonly checkpointOf = (
    height: number,
    root = testRoot(height),
    signers = this.someQuorum,
  ): CheckpointCertificate => {
    return {
      height,
      root,
      signatures: this.signatures(signers, { type: 'checkpoint', epoch: this.epoch, height, root }),
    };
  };

  readonly certifiedOf = (height: number, root = testRoot(height)): CheckpointCertified => {
    return { type: 'checkpointCertified', epoch: this.epoch, certificate: this.checkpointOf(height, root) };
  };

  readonly suspectOf = (signer: ValidatorIndex, view: number): Suspect => {
    const request = { type: 'suspect', epoch: this.epoch, view } as const;
    return { ...request, signer, signature: this.signAs(signer, request) };
  };

  readonly timeoutOf = (view: number, signers = this.someQuorum): TimeoutCertificate => {
    return {
      epoch: this.epoch,
      view,
      signatures: this.signatures(signers, { type: 'suspect', epoch: this.epoch, view }),
    };
  };

  /** A committed block as the base of a view change. */
  readonly baseOf = (block: Block, view = 0): CommitReference => {
    const certificate = this.certificateOf('commit', block, view);
    return { height: block.header.height, blockHash: block.hash, certificate };
  };

  /** The last of `blocks` is prepared; they stand on the base of the view change that tells of it. */
  readonly tipOf = (blocks: readonly Block[], view = 0): PreparedTip => {
    const block = blocks.at(-1)!;
    return {
      view,
      height: block.header.height,
      blockHash: block.hash,
      certificate: this.certificateOf('prepare', block, view),
      headers: blocks.map(({ header, hash }) => ({ header, hash })),
    };
  };

  /** A view change for `view`; it tells of genesis and of no tip unless the test says otherwise. */
  readonly changeOf = (
    signer: ValidatorIndex,
    view: number,
    claims: Partial<Pick<ViewChangeContent, 'base' | 'tips'>> = {},
  ): ViewChange => {
    const content = { epoch: this.epoch, view, base: GENESIS_BASE, tips: [], ...claims };
    const digest = viewChangeDigest(content);
    return {
      ...content,
      signer,
      signature: this.signAs(signer, { type: 'viewChange', epoch: this.epoch, view, digest }),
    };
  };

  /** The same with the proof that the view before has ended. */
  readonly viewChangeOf = (change: ViewChange): ViewChangeSent => {
    return { type: 'viewChange', timeout: this.timeoutOf(change.view - 1), change };
  };

  /** Signed by the primary of the view that the changes are for. */
  readonly newViewOf = (changes: readonly ViewChange[]): NewView => {
    const view = changes[0]!.view;
    const request = { type: 'newView', epoch: this.epoch, view, digest: newViewDigest(changes) } as const;
    const signature = this.signAs(this.primaryIn(view), request);
    return { type: 'newView', epoch: this.epoch, view, changes, signature };
  };

  readonly echoOf = (votes: readonly Vote[] = [], change?: ViewChange): Echo => {
    return { type: 'echo', epoch: this.epoch, votes, change };
  };
}
