/**
 * The example of docs/RECEIPT.md: a genesis file and two receipts of the ledger of receipt-ledger.ts, one of them across a change
 * of validators, and every number on the way to their verdicts. Keys are made from texts that anybody can read: never use them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeResultRecord } from '../../src/protocol/ledger/result-record.js';
import { validatorSetDigest, type ValidatorSet } from '../../src/protocol/ledger/validator-set.js';
import { buildReceipt } from '../../src/protocol/proof/build-receipt.js';
import { decodeReceipt, type Receipt } from '../../src/protocol/proof/receipt.js';
import { createReceiptLedger, EPOCH_FINAL_HEIGHT } from './receipt-ledger.js';

const RECEIPT_DOCUMENT = 'docs/RECEIPT.md';
const BEGIN = '<!-- computed: begin -->\n';
const END = '<!-- computed: end -->\n';

const ledger = createReceiptLedger();
const plain = buildReceipt(ledger.parts(0, 6));
const acrossChange = buildReceipt(ledger.parts(1, 11));

function digest(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function opened(bytes: Uint8Array): Receipt {
  const receipt = decodeReceipt(bytes);
  if (!receipt.ok) throw new Error(receipt.rejection.message);
  return receipt.value;
}

function line(name: string, value: Uint8Array | string | number, remark = ''): string {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
  return `${name.padEnd(24)}${text}${remark === '' ? '' : `   ${remark}`}`.trimEnd();
}

function checked(condition: boolean, what: string): void {
  if (!condition) throw new Error(`the example is wrong: ${what}`);
}

/** Every node from a leaf up to the root; a lone last node goes up as it is. */
function walk(leaf: Buffer, index: number, size: number, path: readonly Uint8Array[]): readonly string[] {
  const lines: string[] = [];
  let [hash, position, last, used] = [leaf, index, size - 1, 0];
  for (; last > 0; position = position >> 1, last = last >> 1) {
    if (position === last && position % 2 === 0) continue;
    const sibling = path[used];
    if (sibling === undefined) throw new Error('the path of the example is too short');
    const isRight = position % 2 === 1;
    hash = isRight ? digest(Buffer.of(1), sibling, hash) : digest(Buffer.of(1), hash, sibling);
    lines.push(
      line(
        `  with path[${used}]`,
        hash,
        isRight ? `H(01 ‖ path[${used}] ‖ above)` : `H(01 ‖ above ‖ path[${used}])`,
      ),
    );
    used++;
  }
  checked(used === path.length, 'the path is too long');
  return lines;
}

function keyId(organisation: string, key: string): Buffer {
  const prefix = Buffer.concat([Buffer.from(organisation), Buffer.of(0x0a, 0x01)]);
  return digest(prefix, Buffer.from(key, 'hex')).subarray(0, 4);
}

function noteLines(note: string, validators: ValidatorSet): readonly string[] {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  const [, size, root = ''] = text.split('\n');
  const signers = note
    .slice(text.length + 1)
    .trim()
    .split('\n')
    .map((each) => each.split(' ')[1] ?? '');
  return [
    line('checkpoint', JSON.stringify(text)),
    line('  H(its text)', digest(Buffer.from(text))),
    line('  size, root', `${size}, ${Buffer.from(root, 'base64').toString('hex')}`),
    ...validators.map(({ organisation, ledgerKey }) =>
      line(
        `  key id of ${organisation}`,
        keyId(organisation, ledgerKey),
        signers.includes(organisation) ? 'signs' : '',
      ),
    ),
  ];
}

function recordLines(bytes: Uint8Array): readonly string[] {
  const record = decodeResultRecord(bytes);
  if (!record.ok) throw new Error(record.rejection.message);
  const { epoch, height, timestampMs, blockHash, entryCount, entriesRoot, stateRoot } = record.value;
  const { validatorsDigest, nextValidatorsDigest } = record.value;
  return [
    line('result record', bytes.length, 'bytes'),
    line('  epoch, height', `${epoch}, ${height}`),
    line('  time', timestampMs),
    line('  block hash', blockHash),
    line('  entry count', entryCount),
    line('  entries root', entriesRoot),
    line('  state root', stateRoot),
    line('  validators', validatorsDigest),
    line('  next validators', nextValidatorsDigest),
  ];
}

function transactionLines({ transaction, entry }: Receipt, entriesRoot: string): readonly string[] {
  const signed = Buffer.concat([Buffer.from('countersign/transaction/v1\0'), transaction.body]);
  const leaf = digest(Buffer.of(0), digest(signed), entry.outcome);
  const steps = walk(leaf, entry.index, entry.count, entry.path);
  checked(steps.at(-1)?.includes(entriesRoot) === true, 'the entry path leads elsewhere');
  return [
    line('transaction body', transaction.body.length, 'bytes'),
    line('transaction id', digest(signed), 'H(tag ‖ body); the signature is over tag ‖ body'),
    line('  signature', transaction.signature),
    line('outcome', entry.outcome),
    line('entry leaf', leaf, `H(00 ‖ id ‖ outcome), leaf ${entry.index} of ${entry.count}`),
    ...steps,
    line('  is the entries root', entriesRoot),
  ];
}

function sectionOf(name: string, bytes: Uint8Array): readonly string[] {
  const receipt = opened(bytes);
  const sets = ledger.sets;
  const record = decodeResultRecord(receipt.resultRecord);
  if (!record.ok) throw new Error(record.rejection.message);
  const size = Number(receipt.checkpoint.split('\n')[1]);
  const lines = [
    line(name, digest(bytes), `H of the file, ${bytes.length} bytes`),
    '',
    ...transactionLines(receipt, record.value.entriesRoot),
    '',
    ...recordLines(receipt.resultRecord),
  ];
  for (const [epoch, change] of receipt.validatorHistory.entries()) {
    const leaf = digest(Buffer.of(0), change.resultRecord);
    lines.push(
      '',
      line(`end of epoch ${epoch}`, ''),
      ...recordLines(change.resultRecord),
      line('  H(next validators)', validatorSetDigest(change.validators), 'of the list in the file'),
      ...noteLines(change.checkpoint, sets[0]),
      line('record leaf', leaf, `H(00 ‖ record), leaf ${EPOCH_FINAL_HEIGHT} of ${EPOCH_FINAL_HEIGHT + 1}`),
      ...walk(leaf, EPOCH_FINAL_HEIGHT, EPOCH_FINAL_HEIGHT + 1, change.checkpointPath),
      line('the same leaf', leaf, `leaf ${EPOCH_FINAL_HEIGHT} of ${size}`),
      ...walk(leaf, EPOCH_FINAL_HEIGHT, size, change.logPath),
    );
  }
  const leaf = digest(Buffer.of(0), receipt.resultRecord);
  lines.push(
    '',
    ...noteLines(receipt.checkpoint, sets[receipt.validatorHistory.length] ?? []),
    line('record leaf', leaf, `H(00 ‖ record), leaf ${record.value.height} of ${size}`),
    ...walk(leaf, record.value.height, size, receipt.logPath),
  );
  return lines;
}

/** Path from the root of the repository → bytes. */
export const EXAMPLE_FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ['examples/receipts/genesis.json', ledger.genesisBytes],
  ['examples/receipts/receipt.json', plain],
  ['examples/receipts/receipt-across-epochs.json', acrossChange],
]);

function computedText(): string {
  const { genesis, genesisBytes, sets } = ledger;
  const lines = [
    line('genesis.json', digest(genesisBytes), `${genesisBytes.length} bytes; this is the chain id`),
    line('  origin', genesis.origin),
    line('  H(validators)', validatorSetDigest(sets[0]), 'of epoch 0'),
    '',
    ...sectionOf('receipt.json', plain),
  ];
  const across = sectionOf('receipt-across-epochs.json  ', acrossChange);
  const fence = (text: readonly string[]): string => `\`\`\`text\n${text.join('\n')}\n\`\`\`\n`;
  return `\n${fence(lines)}\nAcross a change of validators: after height 7 acme has another ledger key.\n\n${fence(across)}\n`;
}

/** docs/RECEIPT.md as it stands, and as it must be. */
export function receiptDocument(): {
  readonly file: string;
  readonly found: string;
  readonly wanted: string;
} {
  const found = readFileSync(RECEIPT_DOCUMENT, 'utf8');
  const [begin, end] = [found.indexOf(BEGIN), found.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${RECEIPT_DOCUMENT} has no place for the computed numbers`);
  const wanted = found.slice(0, begin + BEGIN.length) + computedText() + found.slice(end);
  return { file: RECEIPT_DOCUMENT, found, wanted };
}
