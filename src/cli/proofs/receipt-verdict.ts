/** A receipt's verdict for people and for programs, and with `--explain` every step that leads to it. */
import picocolors from 'picocolors';
import {
  explainReceipt,
  PROOF_STEPS,
  type LogState,
  verifyAgainstPin,
  type ProofStep,
  type ProofStepName,
  type ReceiptExplanation,
  type VerifiedCoseReceipt,
  type VerifiedReceipt,
} from '../../sdk/index.js';
import { VerificationError } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

const STEP_TITLES: Readonly<Record<ProofStepName, string>> = {
  genesis: 'what is trusted',
  form: 'form of the file',
  transaction: 'transaction',
  record: 'result record',
  entry: 'entry of the block',
  epochEnd: 'change of validators',
  checkpoint: 'countersignatures',
  epochEndInLog: 'change in the log',
  recordInLog: 'block in the log',
};

type Verified = VerifiedReceipt | VerifiedCoseReceipt;

function verifiedToJson({ transaction, timestampMs, ...verified }: Verified): object {
  const { publicKey, idempotencyKey, command } = transaction;
  return {
    ...verified,
    timestamp: new Date(timestampMs).toISOString(),
    publicKey,
    idempotencyKey,
    command: command.type,
  };
}

function describeVerified(file: string, verified: Verified): string {
  const { outcome, transactionId, height, index, timestampMs, signers, checkpoint } = verified;
  const detail =
    outcome.code === 'FAILED'
      ? ` (${outcome.failure})`
      : outcome.code === 'REPLAYED'
        ? ` of ${outcome.firstId}`
        : '';
  return [
    `${file} is genuine`,
    `transaction    ${transactionId}`,
    `outcome        ${outcome.code}${detail}`,
    `signed by      ${outcome.identity || 'an unknown key'} (${outcome.signer})`,
    `recorded       block ${height}, position ${index}, ${new Date(timestampMs).toISOString()}`,
    `countersigned  ${signers.join(', ')} at height ${checkpoint.height}`,
    `chain id       ${verified.chainId}`,
  ].join('\n');
}

export function showGenuine(terminal: Terminal, file: string, verified: Verified): void {
  terminal.data(verifiedToJson(verified), () => describeVerified(file, verified));
}

/** Keys and hashes by their ends; `--json` has them whole. */
function shorten(text: string): string {
  return text.replaceAll(/\b([0-9a-f]{8})[0-9a-f]{48}([0-9a-f]{8})\b/g, '$1…$2');
}

function detailLines([name, value]: readonly [
  string,
  string | number | readonly string[],
]): readonly string[] {
  if (name === 'timestampMs') return detailLines(['time', new Date(Number(value)).toISOString()]);
  const label = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).padEnd(24);
  const values = typeof value === 'object' ? value : [String(value)];
  return values.length === 0
    ? [`${label}-`]
    : values.map((each, index) => `${index === 0 ? label : ' '.repeat(24)}${shorten(each)}`);
}

function describeStep({ name, claim, details }: ProofStep): string {
  const lines = Object.entries(details).flatMap(detailLines);
  const head = `${picocolors.green('holds ')}  ${STEP_TITLES[name]}: ${shorten(claim)}`;
  return [head, ...lines.map((line) => `        ${line}`)].join('\n');
}

function describeFailure({ result, failedAt }: ReceiptExplanation): readonly string[] {
  if (result.ok || failedAt === undefined) return [];
  const later = PROOF_STEPS.slice(PROOF_STEPS.indexOf(failedAt) + 1).map((name) => STEP_TITLES[name]);
  const rest = later.length === 0 ? [] : [`not looked at: ${later.join(', ')}`];
  return [`${picocolors.red('FAILED')}  ${STEP_TITLES[failedAt]}: ${result.rejection.message}`, ...rest];
}

function describeExplanation(file: string, explanation: ReceiptExplanation): string {
  const { result, steps } = explanation;
  const verdict = result.ok ? describeVerified(file, result.value) : `${file} is refused`;
  return [verdict, ...steps.map(describeStep), ...describeFailure(explanation)].join('\n\n');
}

function explanationToJson({ result, steps, failedAt }: ReceiptExplanation): object {
  const verdict = result.ok ? verifiedToJson(result.value) : {};
  const failure = result.ok ? {} : { failedAt, rejection: result.rejection };
  return { genuine: result.ok, ...verdict, steps, ...failure };
}

/** A checkpoint that the receipt must be of one log with; `proof` connects other heights. */
export interface PinnedCheckpoint {
  readonly note: Uint8Array;
  readonly proof: Uint8Array | undefined;
}

export interface ReceiptOptions {
  readonly isExplained: boolean;
  readonly pin: PinnedCheckpoint | undefined;
}

function checkPin(
  file: string,
  { checkpoint }: VerifiedReceipt,
  genesis: Uint8Array,
  { note, proof }: PinnedCheckpoint,
): LogState {
  const pinned = verifyAgainstPin(checkpoint, new TextDecoder().decode(note), genesis, proof);
  if (pinned.ok) return pinned.value;
  const { code, message } = pinned.rejection;
  throw new VerificationError(code, `${file} does not fit the pinned checkpoint: ${message}`);
}

/** Prints the verdict. Throws VerificationError with the code of the refusal. */
export function reportReceipt(
  terminal: Terminal,
  file: string,
  receipt: Uint8Array,
  genesis: Uint8Array,
  { isExplained, pin }: ReceiptOptions,
): void {
  const explanation = explainReceipt(receipt, genesis);
  const { result } = explanation;
  const pinned = result.ok && pin !== undefined ? checkPin(file, result.value, genesis, pin) : undefined;
  const shown = pinned === undefined ? {} : { pinned };
  const line = pinned === undefined ? '' : `\npinned         of one log with checkpoint ${pinned.height}`;
  if (isExplained) {
    terminal.data(
      { ...explanationToJson(explanation), ...shown },
      () => `${describeExplanation(file, explanation)}${line === '' ? '' : `\n${line}`}`,
    );
  } else if (result.ok) {
    terminal.data(
      { ...verifiedToJson(result.value), ...shown },
      () => `${describeVerified(file, result.value)}${line}`,
    );
  }
  if (result.ok) return;
  const { code, message, field } = result.rejection;
  const place = field === undefined || field === '' ? '' : ` (at ${field})`;
  throw new VerificationError(code, `${file} is refused: ${message}${place}`);
}
