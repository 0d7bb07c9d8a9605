/**
 * What a witness remembers: the newest checkpoint that it believes, and the validators of every epoch until then. A file of its own
 * form, `countersign-witness/v1`; its note is checked whenever it is read.
 */
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import {
  validatorSetDigest,
  type Validator,
  type ValidatorSet,
} from '../../protocol/ledger/validator-set.js';
import { parseUtf8, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { isCheckedInteger } from '../../protocol/primitives/checked-integers.js';
import {
  isHex64,
  isOrganisationName,
  type Height,
  type OrganisationName,
  type PublicKey,
} from '../../protocol/primitives/identifiers.js';
import { formatCanonicalJson } from '../../protocol/proof/canonical-json.js';
import { readCheckpointClaim, verifyCheckpointNote } from '../../protocol/proof/checkpoint-certificate.js';
import { accept, type Result } from '../../protocol/primitives/rejection.js';
import { CountersignError } from '../countersign-error.js';
import type { LogState } from './log-client.js';

const FORMAT = 'countersign-witness/v1';

/** A checkpoint whose quorum of signatures was checked. */
export interface WitnessedCheckpoint extends LogState {
  readonly note: string;
  readonly signers: readonly OrganisationName[];
}

/** Validators from a height on. */
export interface WitnessedEpoch {
  readonly firstHeight: Height;
  readonly validators: ValidatorSet;
}

export interface WitnessState {
  /** Epoch 0, 1, …; the first is that of genesis. */
  readonly epochs: readonly WitnessedEpoch[];
  /** `undefined` before the first. */
  readonly checkpoint: WitnessedCheckpoint | undefined;
}

export function initialWitnessState({ validators }: Pick<Genesis, 'validators'>): WitnessState {
  return { epochs: [{ firstHeight: 0, validators }], checkpoint: undefined };
}

/** Those in force at a height, as far as is known. */
export function validatorsAt({ epochs }: WitnessState, height: Height): ValidatorSet {
  return epochs.findLast(({ firstHeight }) => firstHeight <= height)?.validators ?? [];
}

/** The note as a checkpoint of exactly Q of these validators. Refusals: NOTE_MALFORMED, NOTE_UNVERIFIED. */
export function openCheckpoint(
  note: string,
  { origin }: Pick<Genesis, 'origin'>,
  validators: ValidatorSet,
): Result<WitnessedCheckpoint> {
  const opened = verifyCheckpointNote(note, origin, validators, ed25519Verifier);
  if (!opened.ok) return opened;
  const { height, root, signatures } = opened.value;
  const signers = signatures.flatMap(({ signer }) => validators[signer]?.organisation ?? []);
  return accept({ note, height, root, signers });
}

export function encodeWitnessState(state: WitnessState, { origin }: Pick<Genesis, 'origin'>): Uint8Array {
  const epochs = state.epochs.map(({ firstHeight, validators }) => ({
    firstHeight,
    validators: validators.map(({ ledgerKey, organisation }) => ({ ledgerKey, organisation })),
  }));
  const checkpoint = state.checkpoint?.note ?? '';
  return utf8ToBytes(`${formatCanonicalJson({ format: FORMAT, origin, epochs, checkpoint })}\n`);
}

function invalid(what: string): CountersignError {
  const fix = 'name another file, or remove it to begin anew with what the nodes show now';
  return new CountersignError('WITNESS_STATE_INVALID', `the witness's state ${what}; ${fix}`);
}

function readValidator(value: unknown): Validator {
  const { organisation, ledgerKey } = Object(value) as Partial<Record<keyof Validator, unknown>>;
  if (typeof organisation !== 'string' || !isOrganisationName(organisation))
    throw invalid('has a validator without a name');
  if (typeof ledgerKey !== 'string' || !isHex64(ledgerKey)) throw invalid('has a validator without a key');
  return { organisation, ledgerKey: ledgerKey as PublicKey };
}

function readEpochs(value: unknown, genesis: Pick<Genesis, 'validators'>): readonly WitnessedEpoch[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('has no epochs');
  const epochs = value.map((item: unknown): WitnessedEpoch => {
    const { firstHeight, validators } = Object(item) as Partial<Record<keyof WitnessedEpoch, unknown>>;
    if (typeof firstHeight !== 'number' || !isCheckedInteger(firstHeight) || !Array.isArray(validators))
      throw invalid('has an epoch without height or validators');
    return { firstHeight, validators: validators.map(readValidator) };
  });
  const isAscending = epochs.every(({ firstHeight }, index) => {
    const before = epochs[index - 1];
    return before === undefined ? firstHeight === 0 : firstHeight > before.firstHeight;
  });
  if (!isAscending) throw invalid('has epochs that do not follow one another');
  const digests = [epochs[0]?.validators ?? [], genesis.validators].map(validatorSetDigest);
  if (digests[0] !== digests[1]) throw invalid('begins with other validators than the genesis file');
  return epochs;
}

/** Throws CountersignError WITNESS_STATE_INVALID. */
export function decodeWitnessState(
  bytes: Uint8Array,
  genesis: Pick<Genesis, 'origin' | 'validators'>,
): WitnessState {
  let value: unknown;
  try {
    value = JSON.parse(parseUtf8(bytes) ?? '');
  } catch (cause) {
    throw new CountersignError('WITNESS_STATE_INVALID', invalid('is no JSON').message, undefined, { cause });
  }
  const { format, origin, epochs, checkpoint } = Object(value) as Record<string, unknown>;
  if (format !== FORMAT) throw invalid(`is not a ${FORMAT}`);
  if (origin !== genesis.origin) throw invalid(`is of another log than ${genesis.origin}`);
  const known = { epochs: readEpochs(epochs, genesis), checkpoint: undefined };
  if (checkpoint === '') return known;
  if (typeof checkpoint !== 'string') throw invalid('has no checkpoint');
  const claim = readCheckpointClaim(checkpoint, genesis.origin);
  if (!claim.ok) throw invalid('has a checkpoint that is none of this log');
  const opened = openCheckpoint(checkpoint, genesis, validatorsAt(known, claim.value.height));
  if (!opened.ok) throw invalid('has a checkpoint that its validators have not signed');
  return { ...known, checkpoint: opened.value };
}
