/**
 * The parameters that every organisation must apply alike; genesis sets them (docs/PROTOCOL.md, parameters).
 * Ranges and the relations between limits are checked where a genesis document is read.
 */
import { reject, type Rejection } from '../primitives/rejection.js';

export interface GenesisParameters {
  /** L: blocks between a block and the one that carries its result; also blocks in flight. */
  readonly pipelineDepth: number;
  readonly blockTransactionsMax: number;
  /** Sum of body and signature lengths of a block's transactions. */
  readonly blockBytesMax: number;
  /** Body and signature of one transaction. */
  readonly transactionBytesMax: number;
  /** How far above the block's height a transaction's last height may lie. */
  readonly transactionTtlBlocks: number;
  /** Different subjects in one transaction. */
  readonly subjectsPerTransactionMax: number;
  /** UTF-8 bytes of one subject. */
  readonly subjectBytesMax: number;
  readonly recordsPerTransactionMax: number;
  /** Sum of the rows that a block's transactions may write: one for each subject of each record, one for each key. */
  readonly stateWritesPerBlockMax: number;
  /** How far a proposal's time may lie ahead of a voter's clock. */
  readonly clockDriftMs: number;
  /** How far a fresh proposal's time may lie behind a voter's clock. */
  readonly proposalAgeMsMax: number;
}

export const DEFAULT_PARAMETERS: GenesisParameters = {
  pipelineDepth: 8,
  blockTransactionsMax: 1_000,
  blockBytesMax: 1_048_576,
  transactionBytesMax: 65_536,
  transactionTtlBlocks: 100_000,
  subjectsPerTransactionMax: 1_000,
  subjectBytesMax: 1_024,
  recordsPerTransactionMax: 1_000,
  stateWritesPerBlockMax: 20_000,
  clockDriftMs: 1_000,
  proposalAgeMsMax: 2_000,
};

/** Smallest and largest value of each parameter. */
export const PARAMETER_RANGES: { readonly [Name in keyof GenesisParameters]: readonly [number, number] } = {
  pipelineDepth: [1, 32],
  blockTransactionsMax: [1, 10_000],
  blockBytesMax: [1_024, 16_777_216],
  transactionBytesMax: [1_024, 1_048_576],
  transactionTtlBlocks: [1, 10_000_000],
  subjectsPerTransactionMax: [1, 10_000],
  subjectBytesMax: [16, 4_096],
  recordsPerTransactionMax: [1, 10_000],
  stateWritesPerBlockMax: [16, 1_000_000],
  clockDriftMs: [1, 60_000],
  proposalAgeMsMax: [1, 600_000],
};

export const PARAMETER_NAMES = Object.keys(PARAMETER_RANGES) as readonly (keyof GenesisParameters)[];

/** Beside the histories of its subjects a transaction writes its idempotency key. */
export const STATE_WRITES_BESIDE_SUBJECTS = 1;

/** The first parameter that is out of range or at odds with another one; `undefined` when all are sound. */
export function parameterFlaw(parameters: GenesisParameters): Rejection | undefined {
  const flaw = (name: keyof GenesisParameters, rule: string): Rejection =>
    reject(
      'GENESIS_INVALID',
      `parameter ${name} is ${parameters[name]}; it must be ${rule}`,
      `/parameters/${name}`,
    ).rejection;
  for (const name of PARAMETER_NAMES) {
    const [least, most] = PARAMETER_RANGES[name];
    const value = parameters[name];
    if (!Number.isSafeInteger(value) || value < least || value > most)
      return flaw(name, `an integer in ${least}..${most}`);
  }
  if (parameters.transactionBytesMax > parameters.blockBytesMax)
    return flaw('transactionBytesMax', 'at most blockBytesMax');
  if (parameters.transactionTtlBlocks < parameters.pipelineDepth)
    return flaw('transactionTtlBlocks', 'at least pipelineDepth');
  if (
    parameters.stateWritesPerBlockMax <
    parameters.subjectsPerTransactionMax + STATE_WRITES_BESIDE_SUBJECTS
  ) {
    return flaw(
      'stateWritesPerBlockMax',
      'above subjectsPerTransactionMax, or a legal transaction would fit no block',
    );
  }
  return undefined;
}
