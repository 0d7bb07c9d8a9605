/**
 * The parameters that every organisation must apply alike; genesis sets them (docs/PROTOCOL.md, parameters).
 * Ranges and the relations between limits are checked where a genesis document is read.
 */
import { reject, type Rejection } from '../primitives/rejection.js';

/**
 * Parameters of governance (GOV-6). Each has a default and is left out, of the genesis document as of the state, while it has
 * that value: a ledger that has never heard of it keeps its bytes.
 */
export interface GovernanceParameters {
  /** Blocks for which a motion is open after the one that proposed it. */
  readonly motionLifetimeBlocks: number;
  /** Who must approve a change of members, validators or ledger keys; an index of APPROVAL_RULES. */
  readonly membershipApproval: number;
  /** Who must approve a change of parameters; an index of APPROVAL_RULES. */
  readonly parameterApproval: number;
}

export const APPROVAL_RULES = ['moreThanHalf', 'quorum', 'all'] as const;

export interface GenesisParameters extends Partial<GovernanceParameters> {
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

export const GOVERNANCE_DEFAULTS: GovernanceParameters = {
  motionLifetimeBlocks: 10_000,
  membershipApproval: 1,
  parameterApproval: 0,
};

type GovernanceName = keyof GovernanceParameters;
export type ParameterName = keyof GenesisParameters;
type RequiredName = Exclude<ParameterName, GovernanceName>;
type Range = readonly [least: number, most: number];

const GOVERNANCE_RANGES: { readonly [Name in GovernanceName]: Range } = {
  motionLifetimeBlocks: [1, 10_000_000],
  membershipApproval: [0, APPROVAL_RULES.length - 1],
  parameterApproval: [0, APPROVAL_RULES.length - 1],
};

/** Smallest and largest value of each parameter that a genesis document names. */
export const PARAMETER_RANGES: { readonly [Name in RequiredName]: Range } = {
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

export const PARAMETER_NAMES = Object.keys(PARAMETER_RANGES) as readonly RequiredName[];
export const GOVERNANCE_PARAMETER_NAMES = Object.keys(GOVERNANCE_RANGES) as readonly GovernanceName[];

const RANGES: { readonly [Name in ParameterName]-?: Range } = { ...PARAMETER_RANGES, ...GOVERNANCE_RANGES };

/** Range of a parameter of this name, `undefined` when there is none. */
export function parameterRange(name: string): Range | undefined {
  return Object.hasOwn(RANGES, name) ? RANGES[name as ParameterName] : undefined;
}

/** Those in force, the defaults filled in. */
export function governanceParameters(parameters: GenesisParameters): GovernanceParameters {
  return { ...GOVERNANCE_DEFAULTS, ...parameters };
}

/** The same parameters without those that have their default. */
export function withoutDefaults(parameters: GenesisParameters): GenesisParameters {
  const kept = Object.entries(parameters).filter(
    ([name, value]) => GOVERNANCE_DEFAULTS[name as GovernanceName] !== value,
  );
  return Object.fromEntries(kept) as unknown as GenesisParameters;
}

/** Beside the histories of its subjects a transaction writes its idempotency key. */
export const STATE_WRITES_BESIDE_SUBJECTS = 1;

/** The first parameter that is out of range or at odds with another one; `undefined` when all are sound. */
export function parameterFlaw(parameters: GenesisParameters): Rejection | undefined {
  const flaw = (name: keyof GenesisParameters, rule: string): Rejection =>
    reject(
      'GENESIS_INVALID',
      `parameter ${name} is ${parameters[name] ?? 'missing'}; it must be ${rule}`,
      `/parameters/${name}`,
    ).rejection;
  for (const name of PARAMETER_NAMES) {
    const [least, most] = PARAMETER_RANGES[name];
    const value = parameters[name];
    if (!Number.isSafeInteger(value) || value < least || value > most)
      return flaw(name, `an integer in ${least}..${most}`);
  }
  for (const name of GOVERNANCE_PARAMETER_NAMES) {
    const [least, most] = RANGES[name];
    const value = parameters[name];
    if (value === undefined) continue;
    if (value === GOVERNANCE_DEFAULTS[name]) return flaw(name, 'left out, since this is its default');
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
