/**
 * A checkpoint that the verifier knows, from a witness or a newspaper: what it proves is of the log that it names, whatever keys
 * have fallen into other hands since. Its text is what counts; whoever trusts it needs no signatures of it.
 */
import { parseGenesis } from '../../protocol/ledger/genesis.js';
import { parseUtf8 } from '../../protocol/primitives/bytes.js';
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';
import { readCheckpointClaim } from '../../protocol/proof/checkpoint-certificate.js';
import type { LogState } from './log-client.js';
import { verifyConsistency } from './verify-log-proofs.js';

/** The `path` of an answer of /v1/log/consistency; `undefined` when there is none. */
function readPath(proof: Uint8Array): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(parseUtf8(proof) ?? '');
  } catch {
    return undefined;
  }
  const { path } = Object(value) as { readonly path?: unknown };
  return Array.isArray(path) && path.every((hash) => typeof hash === 'string') ? path : undefined;
}

/**
 * The pinned log, when that of a verified checkpoint is the same, its beginning or its continuation. Other heights than the pin's need a
 * consistency proof, an answer of /v1/log/consistency. Refusals: those of genesis, NOTE_MALFORMED, PROOF_INVALID.
 */
export function verifyAgainstPin(
  checkpoint: LogState,
  pin: string,
  genesisBytes: Uint8Array,
  proof: Uint8Array | undefined,
): Result<LogState> {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const pinned = readCheckpointClaim(pin, genesis.value.origin);
  if (!pinned.ok) return pinned;
  const [older, newer] =
    pinned.value.height <= checkpoint.height ? [pinned.value, checkpoint] : [checkpoint, pinned.value];
  const heights = `checkpoint ${checkpoint.height} and the pinned one of height ${pinned.value.height}`;
  if (older.height === newer.height) {
    if (older.root === newer.root) return pinned;
    return reject(
      'PROOF_INVALID',
      `${heights} have different roots: two histories were signed`,
      'checkpoint',
    );
  }
  if (proof === undefined) {
    const address = `/v1/log/consistency?from=${older.height}&to=${newer.height}`;
    const message = `whether ${heights} are of one log is not decided without a proof; any node gives it at ${address}`;
    return reject('PROOF_INVALID', message, 'proof');
  }
  const path = readPath(proof);
  if (path === undefined)
    return reject('PROOF_INVALID', 'the file is no answer of /v1/log/consistency', 'proof');
  if (verifyConsistency(older, newer, path)) return accept(pinned.value);
  const message = `the proof does not show that ${heights} are of one log; is it from ${older.height} to ${newer.height}?`;
  return reject('PROOF_INVALID', message, 'proof');
}
