/** Opens a checkpoint note of the result log with the validators that the genesis file names (docs/PROTOCOL.md, checkpoint). */
import { ed25519Verifier } from '../protocol/crypto/ed25519.js';
import { parseGenesis } from '../protocol/ledger/genesis.js';
import type { Digest, Height, OrganisationName } from '../protocol/primitives/identifiers.js';
import { accept, type Result } from '../protocol/primitives/rejection.js';
import { verifyCheckpointNote } from '../protocol/proof/checkpoint-certificate.js';

export interface VerifiedCheckpoint {
  /** First line of the note; it names the chain. */
  readonly origin: string;
  /** Height of the newest result in the log; the log has one record more, genesis. */
  readonly height: Height;
  /** RFC 6962 root of the result log. */
  readonly root: Digest;
  /** Organisations that countersigned: exactly a quorum, in validator order. */
  readonly signers: readonly OrganisationName[];
}

/** Refusals: GENESIS_INVALID and JSON_*, NOTE_MALFORMED, NOTE_UNVERIFIED. Valid in epoch 0, the genesis set's. */
export function verifyCheckpoint(note: string, genesisBytes: Uint8Array): Result<VerifiedCheckpoint> {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const { origin, validators } = genesis.value;
  const certificate = verifyCheckpointNote(note, origin, validators, ed25519Verifier);
  if (!certificate.ok) return certificate;
  const { height, root, signatures } = certificate.value;
  const signers = signatures.map(({ signer }) => validators[signer]?.organisation ?? '');
  return accept({ origin, height, root, signers });
}
