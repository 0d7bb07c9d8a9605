/** Any view change, new view and evidence of the right form, as fast-check makes them: no key is behind a signature. */
import fc from 'fast-check';
import { hashHeader, type BlockHeader } from '../../src/protocol/ledger/block-header.js';
import type { QuorumCertificate, TimeoutCertificate } from '../../src/protocol/pbft/certificate.js';
import type { Evidence } from '../../src/protocol/pbft/evidence.js';
import type {
  CommitReference,
  PreparedTip,
  ViewChange,
  ViewChangeContent,
} from '../../src/protocol/pbft/view-change.js';
import type { EnteredView } from '../../src/protocol/pbft/wire/view-change-fields.js';
import { bytesToHex } from '../../src/protocol/primitives/bytes.js';
import type { BlockHash, ChainId, Digest } from '../../src/protocol/primitives/identifiers.js';

/** Bounds of what is made here. */
export const ARBITRARY_LIMITS = { pipelineDepth: 3, validators: 100 };

const integer = fc.maxSafeNat();
const signer = fc.nat(ARBITRARY_LIMITS.validators - 1);
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytesToHex(bytes) as Digest);
const blockHash = digest.map((hex) => hex as string as BlockHash);

const signers = fc
  .uniqueArray(signer, { minLength: 1, maxLength: 4 })
  .map((list) => list.sort((one, other) => one - other));

const signatures = fc
  .tuple(signers, signature)
  .map(([list, bytes]) => list.map((index) => ({ signer: index, signature: bytes })));

const certificate: fc.Arbitrary<QuorumCertificate> = fc.record({
  kind: fc.constantFrom('prepare', 'commit'),
  epoch: integer,
  view: integer,
  height: integer,
  blockHash,
  signatures,
});

export const arbitraryTimeout: fc.Arbitrary<TimeoutCertificate> = fc.record({
  epoch: integer,
  view: integer,
  signatures,
});

const header: fc.Arbitrary<BlockHeader> = fc.record({
  chainId: digest.map((hex) => hex as string as ChainId),
  epoch: integer,
  height: integer,
  originView: integer,
  proposer: signer,
  parentHash: blockHash,
  transactionRoot: digest,
  transactionCount: fc.nat(),
  bodyBytes: fc.nat(),
  resultRoot: digest,
  validatorsDigest: digest,
  nextValidatorsDigest: digest,
  timestampMs: integer,
  epochFinal: fc.boolean(),
});

const headers = fc
  .array(header, { minLength: 1, maxLength: ARBITRARY_LIMITS.pipelineDepth })
  .map((list) => list.map((each) => ({ header: each, hash: hashHeader(each) })));

const tip: fc.Arbitrary<PreparedTip> = fc.tuple(certificate, headers).map(([proof, list]) => ({
  view: proof.view,
  height: proof.height,
  blockHash: proof.blockHash,
  certificate: proof,
  headers: list,
}));

const base: fc.Arbitrary<CommitReference> = fc.oneof(
  fc.record({ height: fc.constant(0), blockHash, certificate: fc.constant(undefined) }),
  fc.record({ height: integer.filter((height) => height > 0), blockHash, certificate }),
);

export const arbitraryContent: fc.Arbitrary<ViewChangeContent> = fc.record({
  epoch: integer,
  view: integer,
  base,
  tips: fc.array(tip, { maxLength: ARBITRARY_LIMITS.pipelineDepth }),
});

export const arbitraryChange: fc.Arbitrary<ViewChange> = fc
  .tuple(arbitraryContent, signer, signature)
  .map(([content, index, bytes]) => ({ ...content, signer: index, signature: bytes }));

export const arbitraryEnteredView: fc.Arbitrary<EnteredView> = fc.record({
  epoch: integer,
  view: integer,
  changes: fc
    .uniqueArray(arbitraryChange, { minLength: 1, maxLength: 3, selector: (change) => change.signer })
    .map((list) => list.sort((one, other) => one.signer - other.signer)),
  signature: fc.option(signature, { nil: undefined }),
});

const accused = { offender: signer, epoch: integer };
const signedDigest = fc.record({ digest, signature });
const point = { view: integer, height: integer, blockHash };

export const arbitraryEvidence: fc.Arbitrary<Evidence> = fc.oneof(
  fc.record({
    type: fc.constant('conflictingVotes' as const),
    ...accused,
    kind: fc.constantFrom('propose', 'prepare', 'commit'),
    view: integer,
    height: integer,
    first: signedDigest,
    second: signedDigest,
  }),
  fc.record({
    type: fc.constant('conflictingVotes' as const),
    ...accused,
    kind: fc.constantFrom('viewChange', 'newView'),
    view: integer,
    height: fc.constant(0),
    first: signedDigest,
    second: signedDigest,
  }),
  fc.record({
    type: fc.constant('conflictingCheckpoints' as const),
    ...accused,
    height: integer,
    first: signedDigest,
    second: signedDigest,
  }),
  fc
    .tuple(fc.record({ ...point, signature }), fc.array(fc.record(point), { maxLength: 3 }), base)
    .chain(([commit, tips, { height, blockHash: baseHash, certificate: baseCertificate }]) =>
      fc.record({
        type: fc.constant('concealedCommit' as const),
        ...accused,
        commit: fc.constant(commit),
        viewChange: fc.record({
          view: integer,
          claim: fc.constant({ base: { height, blockHash: baseHash }, tips }),
          signature,
        }),
        baseCertificate: fc.constant(baseCertificate),
      }),
    ),
);
