/** Opens the proof of an entry of the state offline (STATE-8): from genesis to a state root, from there to the value, or to none. */
import { parseGenesis } from '../../ledger/genesis.js';
import { decodeResultRecord } from '../../ledger/result-record.js';
import { hexToBytes } from '../../primitives/bytes.js';
import type { ChainId, Height, TimestampMs } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import { parseStateKeyText } from '../../state/state-key-text.js';
import { stateKeyDigest } from '../../state/state-key.js';
import { verifyKeyProof } from '../countersigned/key-proof.js';
import {
  verifyCountersignedResult,
  type Countersignatures,
  type ProofNaming,
} from '../countersigned/verify-countersigned-result.js';
import { decodeStateValue } from './state-value.js';

const NAMING: ProofNaming = { noun: 'state proof', invalid: 'STATE_PROOF_INVALID' };

export interface VerifiedState extends Countersignatures {
  readonly chainId: ChainId;
  /** As it stands in the file. */
  readonly key: string;
  /** `undefined` when the state has no such entry. */
  readonly value: Uint8Array | undefined;
  /** After the block of this height. */
  readonly height: Height;
  /** Time of that block. */
  readonly timestampMs: TimestampMs;
}

/**
 * Verifies the bytes of a state proof against the bytes of the genesis file. Refusals: GENESIS_INVALID, STATE_PROOF_MALFORMED,
 * STATE_PROOF_NOT_CANONICAL, STATE_PROOF_INVALID, STATE_KIND_UNKNOWN, STATE_KEY_MALFORMED, PROOF_INVALID, NOTE_MALFORMED,
 * NOTE_UNVERIFIED, and those of a malformed result record.
 */
export function verifyState(proofBytes: Uint8Array, genesisBytes: Uint8Array): Result<VerifiedState> {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const decoded = decodeStateValue(proofBytes);
  if (!decoded.ok) return decoded;
  const file = decoded.value;
  const named = parseStateKeyText(file.key);
  if (!named.ok) return named;
  const record = decodeResultRecord(file.resultRecord);
  if (!record.ok) return record;
  const { chainId, height, timestampMs, stateRoot } = record.value;
  if (chainId !== genesis.value.chainId) {
    const message = `the state proof is of chain ${chainId}, the genesis file is of ${genesis.value.chainId}`;
    return reject(NAMING.invalid, message, 'resultRecord');
  }
  const signed = verifyCountersignedResult(file, record.value, genesis.value, NAMING);
  if (!signed.ok) return signed;
  const keyDigest = stateKeyDigest(named.value.key);
  const proven = verifyKeyProof(hexToBytes(stateRoot), keyDigest, file.value, file.stateProof);
  if (!proven.ok) return proven;
  return accept({ chainId, key: file.key, value: file.value, height, timestampMs, ...signed.value });
}
