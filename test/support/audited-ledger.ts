/** Executed blocks as four organisations would have signed them, across epochs: what an audit finds nothing in. */
import { publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { encodeVote } from '../../src/protocol/encoding/vote-bytes.js';
import type { ExecutedBlock } from '../../src/protocol/execution/executed-block.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import type { Validator, ValidatorSet } from '../../src/protocol/ledger/validator-set.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  SignerSignature,
} from '../../src/protocol/pbft/certificate.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import { quorumSize } from '../../src/protocol/primitives/quorum.js';
import { testSeed } from './signed-transactions.js';

/** The ledger key of an organisation is that of the test seed with its name, or of this one once it was replaced. */
export function laterSeedName(organisation: string): string {
  return `${organisation}-later`;
}

function seedOf({ organisation, ledgerKey }: Validator): Uint8Array {
  const first = testSeed(organisation);
  return publicKeyOfSeed(first) === ledgerKey ? first : testSeed(laterSeedName(organisation));
}

/** Of the first Q validators. */
function signaturesOf(validators: ValidatorSet, message: Uint8Array): readonly SignerSignature[] {
  return validators
    .slice(0, quorumSize(validators.length))
    .map((validator, signer) => ({ signer, signature: signMessage(seedOf(validator), message) }));
}

export function signedCommit({ block }: ExecutedBlock, validators: ValidatorSet): QuorumCertificate {
  const { chainId, epoch, height } = block.header;
  const vote = { kind: 'commit', epoch, view: 0, height } as const;
  const message = encodeVote({ ...vote, chainId, digest: block.hash });
  return { ...vote, blockHash: block.hash, signatures: signaturesOf(validators, message) };
}

export function signedCheckpoint(
  { block, logRoot }: ExecutedBlock,
  validators: ValidatorSet,
  { origin }: Pick<Genesis, 'origin'>,
): CheckpointCertificate {
  const { height } = block.header;
  const message = utf8ToBytes(checkpointText(origin, height, logRoot));
  return { height, root: logRoot, signatures: signaturesOf(validators, message) };
}
