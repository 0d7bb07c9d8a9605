/** Opens a checkpoint note of the result log with the validators that the genesis file names (docs/PROTOCOL.md, checkpoint). */
import { ed25519Verifier } from '../protocol/crypto/ed25519.js';
import { verifyNote } from '../protocol/crypto/signed-note.js';
import { parseGenesis } from '../protocol/ledger/genesis.js';
import { parseBase64 } from '../protocol/primitives/base64.js';
import { bytesToHex } from '../protocol/primitives/bytes.js';
import type { Digest, Height, OrganisationName } from '../protocol/primitives/identifiers.js';
import { quorumSize } from '../protocol/primitives/quorum.js';
import { accept, reject, type Result } from '../protocol/primitives/rejection.js';

export interface VerifiedCheckpoint {
  readonly origin: string;
  /** Height of the newest result in the log; the log has one record more, genesis. */
  readonly height: Height;
  /** RFC 6962 root of the result log. */
  readonly root: Digest;
  /** Organisations whose lines are valid, in the order of the lines. */
  readonly signers: readonly OrganisationName[];
}

const TREE_SIZE = /^[1-9][0-9]{0,15}$/;
const ROOT_BYTES = 32;

/** Refusals: GENESIS_INVALID and JSON_*, NOTE_MALFORMED, NOTE_UNVERIFIED. */
export function verifyCheckpoint(note: string, genesisBytes: Uint8Array): Result<VerifiedCheckpoint> {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const { origin, validators } = genesis.value;
  const keys = validators.map(({ organisation, ledgerKey }) => ({
    name: organisation,
    publicKey: ledgerKey,
  }));
  const opened = verifyNote(note, keys, ed25519Verifier);
  if (!opened.ok) return opened;
  const { text, signers } = opened.value;
  const [firstLine, sizeLine, rootLine, end, ...further] = text.split('\n');
  const root = parseBase64(rootLine ?? '');
  if (end !== '' || further.length > 0 || root?.length !== ROOT_BYTES || !TREE_SIZE.test(sizeLine ?? '')) {
    return reject('NOTE_MALFORMED', 'the text is not origin, tree size and base64 root on a line each');
  }
  if (firstLine !== origin) {
    return reject(
      'NOTE_UNVERIFIED',
      `the note is of "${firstLine ?? ''}", the genesis file names "${origin}"`,
    );
  }
  const quorum = quorumSize(validators.length);
  if (signers.length < quorum) {
    return reject(
      'NOTE_UNVERIFIED',
      `${signers.length} of ${validators.length} validators signed, ${quorum} are needed`,
    );
  }
  return accept({ origin, height: Number(sizeLine) - 1, root: bytesToHex(root) as Digest, signers });
}
