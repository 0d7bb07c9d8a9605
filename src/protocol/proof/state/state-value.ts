/**
 * One entry of the state, or its absence, with its proof (STATE-7): one file, opened with the genesis file and nothing else.
 */
import { bytesToBase64 } from '../../primitives/base64.js';
import { utf8ToBytes } from '../../primitives/bytes.js';
import type { Result } from '../../primitives/rejection.js';
import type { StateKey } from '../../state/state-key.js';
import { stateKeyDigest } from '../../state/state-key.js';
import type { StateProof } from '../../state/state-proof.js';
import { formatCanonicalJson } from '../canonical-json.js';
import {
  buildCountersignedResult,
  resultToJson,
  type CountersignedResult,
  type ResultParts,
} from '../countersigned/countersigned-result.js';
import { keyProofOf, keyProofToJson, type KeyProof } from '../countersigned/key-proof.js';
import { readProofFile, type ProofFileForm, type ProofFileReader } from '../countersigned/proof-file.js';

export const STATE_VALUE_FORMAT = 'countersign-state/v1';
/** A value has far less than 1 MiB; beside it stands a validator history as long as a receipt can have. */
const STATE_VALUE_BYTES_MAX = 16 * 1024 * 1024;

const FORM: ProofFileForm = {
  format: STATE_VALUE_FORMAT,
  noun: 'state proof',
  bytesMax: STATE_VALUE_BYTES_MAX,
  malformed: 'STATE_PROOF_MALFORMED',
  notCanonical: 'STATE_PROOF_NOT_CANONICAL',
};

export interface StateValue extends CountersignedResult {
  /** As state/state-key-text.ts writes it. */
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly stateProof: KeyProof;
}

export interface StateValueParts extends ResultParts {
  /** Its text, and the key itself. */
  readonly keyText: string;
  readonly key: StateKey;
  readonly value: Uint8Array | undefined;
  /** Under the state root of the result record. */
  readonly stateProof: StateProof;
}

/** The file's bytes. */
export function buildStateValue(parts: StateValueParts): Uint8Array {
  const stateProof = keyProofOf(parts.stateProof, stateKeyDigest(parts.key));
  const { keyText: key, value } = parts;
  return encodeStateValue({ key, value, stateProof, ...buildCountersignedResult(parts) });
}

export function encodeStateValue(file: StateValue): Uint8Array {
  return utf8ToBytes(
    formatCanonicalJson({
      format: STATE_VALUE_FORMAT,
      key: file.key,
      value: file.value === undefined ? [] : [bytesToBase64(file.value)],
      stateProof: keyProofToJson(file.stateProof),
      ...resultToJson(file),
    }),
  );
}

function readStateValue(reader: ProofFileReader): StateValue {
  reader.literal('{"checkpoint":');
  const checkpoint = reader.string();
  reader.literal(`,"format":"${STATE_VALUE_FORMAT}","key":`);
  const key = reader.string();
  reader.literal(',"logPath":');
  const logPath = reader.path('logPath');
  reader.literal(',"resultRecord":');
  const resultRecord = reader.bytes('resultRecord');
  reader.literal(',"stateProof":');
  const stateProof = reader.keyProof();
  reader.literal(',"validatorHistory":');
  const validatorHistory = reader.list(() => reader.epochChange());
  reader.literal(',"value":');
  const value = reader.optional('value');
  reader.literal('}');
  reader.end();
  return { key, value, stateProof, checkpoint, logPath, resultRecord, validatorHistory };
}

/** Refusals: STATE_PROOF_MALFORMED (size, UTF-8), STATE_PROOF_NOT_CANONICAL with the place and what is expected there. */
export function decodeStateValue(bytes: Uint8Array): Result<StateValue> {
  return readProofFile(bytes, FORM, readStateValue, encodeStateValue);
}
