/** Misbehaviour of Globex (validator 1 of testGenesis) with real signatures, so that verifyEvidence holds it to be proven. */
import { signMessage } from '../../src/protocol/crypto/ed25519.js';
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { encodeVote } from '../../src/protocol/encoding/vote-bytes.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import type { QuorumCertificate } from '../../src/protocol/pbft/certificate.js';
import type {
  BindingVoteKind,
  ConcealedCommit,
  ConflictingCheckpoints,
  ConflictingVotes,
  Evidence,
} from '../../src/protocol/pbft/evidence.js';
import { viewChangeDigest } from '../../src/protocol/pbft/view-change.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { BlockHash, Digest, Signature } from '../../src/protocol/primitives/identifiers.js';
import { testSeed } from './signed-transactions.js';

const OFFENDER = 1;

const digestOf = (byte: string): Digest => byte.repeat(32) as Digest;

function sign(genesis: Genesis, signer: number, bytes: Uint8Array): Signature {
  return signMessage(testSeed(genesis.validators[signer]!.organisation), bytes);
}

interface SignedVote {
  readonly kind: BindingVoteKind;
  readonly view: number;
  readonly height: number;
  readonly digest: Digest;
}

function signVote(genesis: Genesis, signer: number, vote: SignedVote): Signature {
  return sign(genesis, signer, encodeVote({ ...vote, chainId: genesis.chainId, epoch: 0 }));
}

export function conflictingVotes(
  genesis: Genesis,
  { kind = 'prepare', view = 1, height = 7 }: Partial<Omit<SignedVote, 'digest'>> = {},
): ConflictingVotes {
  const [first, second] = ['a1', 'b2'].map((byte) => {
    const digest = digestOf(byte);
    return { digest, signature: signVote(genesis, OFFENDER, { kind, view, height, digest }) };
  });
  return {
    type: 'conflictingVotes',
    offender: OFFENDER,
    epoch: 0,
    kind,
    view,
    height,
    first: first!,
    second: second!,
  };
}

export function conflictingCheckpoints(genesis: Genesis, height = 7): ConflictingCheckpoints {
  const [first, second] = ['a1', 'b2'].map((byte) => {
    const digest = digestOf(byte);
    const bytes = utf8ToBytes(checkpointText(genesis.origin, height, digest));
    return { digest, signature: sign(genesis, OFFENDER, bytes) };
  });
  return {
    type: 'conflictingCheckpoints',
    offender: OFFENDER,
    epoch: 0,
    height,
    first: first!,
    second: second!,
  };
}

/** A COMMIT of height 7 in view 1, of which the move to view 3 says nothing; the base is block 5, or genesis. */
export function concealedCommit(genesis: Genesis, baseHeight: 0 | 5 = 5): ConcealedCommit {
  const digest = digestOf('c3');
  const baseCertificate = baseHeight === 0 ? undefined : commitCertificate(genesis, baseHeight);
  const base = {
    height: baseHeight,
    blockHash: baseCertificate?.blockHash ?? (digestOf('00') as string as BlockHash),
  };
  const tips = [{ view: 0, height: 6, blockHash: digestOf('d4') as string as BlockHash }];
  const claim = { base, tips };
  const change = { kind: 'viewChange', view: 3, height: 0, digest: viewChangeDigest(claim) } as const;
  return {
    type: 'concealedCommit',
    offender: OFFENDER,
    epoch: 0,
    commit: {
      view: 1,
      height: 7,
      blockHash: digest as string as BlockHash,
      signature: signVote(genesis, OFFENDER, { kind: 'commit', view: 1, height: 7, digest }),
    },
    viewChange: { view: 3, claim, signature: signVote(genesis, OFFENDER, change) },
    baseCertificate,
  };
}

function commitCertificate(genesis: Genesis, height: number): QuorumCertificate {
  const digest = digestOf('e5');
  const signatures = [0, 2, 3].map((signer) => ({
    signer,
    signature: signVote(genesis, signer, { kind: 'commit', view: 0, height, digest }),
  }));
  return { kind: 'commit', epoch: 0, view: 0, height, blockHash: digest as string as BlockHash, signatures };
}

/** One of each kind. */
export function signedEvidence(genesis: Genesis): readonly Evidence[] {
  return [conflictingVotes(genesis), conflictingCheckpoints(genesis), concealedCommit(genesis)];
}
