/**
 * What the four example organisations say to each other about real blocks, signed with their real keys: whatever is made here
 * passes verify-message.ts unless a test changes it.
 */
import { BlockContents } from '../../../src/node/proposal/block-contents.js';
import { createVerificationContext } from '../../../src/node/verification-context.js';
import { ed25519Verifier, signMessage } from '../../../src/protocol/crypto/ed25519.js';
import type { Block } from '../../../src/protocol/ledger/block.js';
import type { BlockHeader } from '../../../src/protocol/ledger/block-header.js';
import { primaryOf } from '../../../src/protocol/ledger/validator-set.js';
import type {
  CheckpointCertificate,
  MessageContext,
  QuorumCertificate,
  SignerSignature,
  TimeoutCertificate,
  VoteKind,
} from '../../../src/protocol/pbft/certificate.js';
import type { SignRequest } from '../../../src/protocol/pbft/effect.js';
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
  type Signature,
  type ValidatorIndex,
} from '../../../src/protocol/primitives/identifiers.js';
import { quorumSize } from '../../../src/protocol/primitives/quorum.js';
import { sampleBlockOf, sampleTransaction, type Changes } from '../certified-blocks.js';
import { testGenesis, testSeed } from '../signed-transactions.js';
import { EpochHistory } from '../../../src/node/epochs/epoch-history.js';

/** L is 2: small enough to be reached, and a window of 6 heights. */
export const genesis = testGenesis({ pipelineDepth: 2 });
export const VALIDATORS = genesis.validators.length;
export const QUORUM = quorumSize(VALIDATORS);
export const GENESIS_HASH = ZERO_DIGEST as string as BlockHash;
export const GENESIS_BASE: CommitReference = { height: 0, blockHash: GENESIS_HASH, certificate: undefined };

const BLOCKS_OPENED_MAX = 64;
const epochs = new EpochHistory(genesis);
const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, epochs, BLOCKS_OPENED_MAX);

export const messageContext: MessageContext = {
  ...createVerificationContext(genesis, epochs, ed25519Verifier),
  isBodyBound: (block) => contents.isBodyBound(block),
};

/** The first Q validators, who sign where a test does not say who does. */
const someQuorum: readonly ValidatorIndex[] = Array.from({ length: QUORUM }, (_, index) => index);
const seeds = genesis.validators.map(({ organisation }) => testSeed(organisation));

export function signBytesAs(signer: ValidatorIndex, bytes: Uint8Array): Signature {
  return signMessage(seeds[signer]!, bytes);
}

export function signAs(signer: ValidatorIndex, request: SignRequest): Signature {
  return signBytesAs(signer, signBytes(request, genesis.chainId, genesis.origin));
}

function signatures(signers: readonly ValidatorIndex[], request: SignRequest): readonly SignerSignature[] {
  return signers.map((signer) => ({ signer, signature: signAs(signer, request) }));
}

/** A block with one transaction, first proposed in `view`; `salt` makes another one of the same height. */
export function testBlock(
  height: number,
  parentHash: BlockHash,
  salt = 0,
  view = 0,
  changes: Changes<BlockHeader> = {},
): Block {
  return sampleBlockOf(genesis, [sampleTransaction(genesis, `block-${height}-${salt}`)], {
    height,
    parentHash,
    originView: view,
    proposer: primaryOf(VALIDATORS, 0, view),
    timestampMs: height,
    ...changes,
  });
}

/** Blocks 1 to `count`, each on the one before. */
export function testChain(count: number, view = 0): readonly Block[] {
  const blocks: Block[] = [];
  for (let height = 1; height <= count; height++) {
    blocks.push(testBlock(height, blocks.at(-1)?.hash ?? GENESIS_HASH, 0, view));
  }
  return blocks;
}

export function testRoot(height: number, salt = 0): Digest {
  return (height * 16 + salt).toString(16).padStart(64, '0') as Digest;
}

export function proposalOf(block: Block, view = block.header.originView): PrePrepare {
  const { height } = block.header;
  const request = { type: 'propose', epoch: 0, view, height, blockHash: block.hash } as const;
  const signature = signAs(primaryOf(VALIDATORS, 0, view), request);
  return { type: 'prePrepare', epoch: 0, view, block, signature };
}

export function voteOf(signer: ValidatorIndex, kind: VoteKind, block: Block, view = 0): Vote {
  const { height } = block.header;
  const request = { type: 'vote', kind, epoch: 0, view, height, blockHash: block.hash } as const;
  return { ...request, signer, signature: signAs(signer, request) };
}

export function certificateOf(
  kind: VoteKind,
  { header: { height }, hash: blockHash }: Block,
  view = 0,
  signers = someQuorum,
): QuorumCertificate {
  const subject = { kind, epoch: 0, view, height, blockHash };
  return { ...subject, signatures: signatures(signers, { type: 'vote', ...subject }) };
}

export function decidedOf(block: Block, view = 0): Decided {
  const certificate = certificateOf('commit', block, view);
  return { type: 'decided', header: block.header, blockHash: block.hash, certificate };
}

export function lineOf(signer: ValidatorIndex, height: number, root = testRoot(height)): CheckpointVote {
  const signature = signAs(signer, { type: 'checkpoint', epoch: 0, height, root });
  return { type: 'checkpointVote', epoch: 0, height, root, signer, signature };
}

export function checkpointOf(
  height: number,
  root = testRoot(height),
  signers = someQuorum,
): CheckpointCertificate {
  return { height, root, signatures: signatures(signers, { type: 'checkpoint', epoch: 0, height, root }) };
}

export function certifiedOf(height: number, root = testRoot(height)): CheckpointCertified {
  return { type: 'checkpointCertified', epoch: 0, certificate: checkpointOf(height, root) };
}

export function suspectOf(signer: ValidatorIndex, view: number): Suspect {
  const request = { type: 'suspect', epoch: 0, view } as const;
  return { ...request, signer, signature: signAs(signer, request) };
}

export function timeoutOf(view: number, signers = someQuorum): TimeoutCertificate {
  return { epoch: 0, view, signatures: signatures(signers, { type: 'suspect', epoch: 0, view }) };
}

/** A committed block as the base of a view change. */
export function baseOf(block: Block, view = 0): CommitReference {
  const certificate = certificateOf('commit', block, view);
  return { height: block.header.height, blockHash: block.hash, certificate };
}

/** The last of `blocks` is prepared; they stand on the base of the view change that tells of it. */
export function tipOf(blocks: readonly Block[], view = 0): PreparedTip {
  const block = blocks.at(-1)!;
  return {
    view,
    height: block.header.height,
    blockHash: block.hash,
    certificate: certificateOf('prepare', block, view),
    headers: blocks.map(({ header, hash }) => ({ header, hash })),
  };
}

/** A view change for `view`; it tells of genesis and of no tip unless the test says otherwise. */
export function changeOf(
  signer: ValidatorIndex,
  view: number,
  claims: Partial<Pick<ViewChangeContent, 'base' | 'tips'>> = {},
): ViewChange {
  const content = { epoch: 0, view, base: GENESIS_BASE, tips: [], ...claims };
  const digest = viewChangeDigest(content);
  return { ...content, signer, signature: signAs(signer, { type: 'viewChange', epoch: 0, view, digest }) };
}

/** The same with the proof that the view before has ended. */
export function viewChangeOf(change: ViewChange): ViewChangeSent {
  return { type: 'viewChange', timeout: timeoutOf(change.view - 1), change };
}

/** Signed by the primary of the view that the changes are for. */
export function newViewOf(changes: readonly ViewChange[]): NewView {
  const view = changes[0]!.view;
  const request = { type: 'newView', epoch: 0, view, digest: newViewDigest(changes) } as const;
  const signature = signAs(primaryOf(VALIDATORS, 0, view), request);
  return { type: 'newView', epoch: 0, view, changes, signature };
}

export function echoOf(votes: readonly Vote[] = [], change?: ViewChange): Echo {
  return { type: 'echo', epoch: 0, votes, change };
}
