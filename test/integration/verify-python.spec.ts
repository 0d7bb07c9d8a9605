// Two verifiers that share no code, ours and examples/verify-python, give the same verdict on the same files. Python is started once
// for all cases. Without python3 or its package cryptography there is nothing to compare, which one line says.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ed25519Verifier } from '../../src/protocol/crypto/ed25519.js';
import { buildReceipt } from '../../src/protocol/proof/build-receipt.js';
import { decodeReceipt, encodeReceipt, type Receipt } from '../../src/protocol/proof/receipt.js';
import { verifyReceipt } from '../../src/protocol/proof/verify-receipt.js';
import { concatBytes, hexToBytes, utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { PublicKey } from '../../src/protocol/primitives/identifiers.js';
import { certifyEpochs, EPOCHS_GENESIS_BYTES } from '../support/certified-epochs.js';
import { EXAMPLE_FILES } from '../support/receipt-example.js';
import { createReceiptLedger } from '../support/receipt-ledger.js';
import { hasShared, readSharedJson } from '../support/shared-files.js';
import { readVectors } from '../support/vector-files.js';

const PROGRAM = 'examples/verify-python/verify.py';
const isHere = spawnSync('python3', ['-c', 'import cryptography']).status === 0;
if (!isHere) {
  process.stderr.write('skipped: the second verifier needs python3 with the package cryptography\n');
}

interface Case {
  readonly name: string;
  readonly receipt: Uint8Array;
  readonly genesis: Uint8Array;
}

interface SignatureCase {
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

const ledger = createReceiptLedger();
const { genesisBytes } = ledger;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** One verdict for each case, of one process. */
function askPython(cases: readonly object[]): readonly string[] {
  const input = cases.map((each) => `${JSON.stringify(each)}\n`).join('');
  const run = spawnSync('python3', ['-B', PROGRAM, '--batch'], { input, maxBuffer: 16 * 1024 * 1024 });
  expect([run.status, run.stderr.toString()]).toEqual([0, '']);
  return run.stdout.toString().trimEnd().split('\n');
}

function opened(bytes: Uint8Array): Receipt {
  const receipt = decodeReceipt(bytes);
  if (!receipt.ok) throw new Error(receipt.rejection.message);
  return receipt.value;
}

function goodCases(): readonly Case[] {
  return [5, 6, 7, 8, 9, 10, 11].flatMap((checkpoint) =>
    [0, 1, 2].map((index) => ({
      name: `transaction ${index} under checkpoint ${checkpoint}`,
      receipt: buildReceipt(ledger.parts(index, checkpoint)),
      genesis: genesisBytes,
    })),
  );
}

/** Every transaction of a ledger of three epochs that governs itself. */
async function governedCases(): Promise<readonly Case[]> {
  const { blocks, receipts } = await certifyEpochs();
  const cases: Case[] = [];
  for (const { transaction } of blocks.flatMap(({ transactions }) => transactions)) {
    const receipt = await receipts.build(transaction.id);
    if (!(receipt instanceof Uint8Array)) throw new Error(`no receipt: ${String(receipt)}`);
    cases.push({ name: transaction.command.type, receipt, genesis: EPOCHS_GENESIS_BYTES });
  }
  return cases;
}

/** One bit of every so many bytes flipped, and at the same places a byte cut out, put in, and doubled. */
function changedBytes(name: string, receipt: Uint8Array, step: number): readonly Case[] {
  const cases: Case[] = [];
  for (let at = 0; at < receipt.length; at += step) {
    const flipped = Uint8Array.from(receipt);
    flipped[at]! ^= 1 << ((at / step) % 7);
    const [before, after] = [receipt.slice(0, at), receipt.slice(at)];
    const changes = [
      flipped,
      concatBytes(before, after.slice(1)),
      concatBytes(before, utf8ToBytes('7'), after),
    ];
    const kind = Math.floor(at / step) % changes.length;
    cases.push({
      name: `${name}, change ${kind} at byte ${at}`,
      receipt: changes[kind]!,
      genesis: genesisBytes,
    });
    if (kind > 0)
      cases.push({ name: `${name}, flip at byte ${at}`, receipt: flipped, genesis: genesisBytes });
  }
  return cases.filter((each) => Buffer.compare(each.receipt, receipt) !== 0);
}

/** Files in perfect form whose parts do not belong together. */
function changedParts(): readonly Case[] {
  const across = opened(buildReceipt(ledger.parts(1, 11)));
  const early = opened(buildReceipt(ledger.parts(1, 5)));
  const other = opened(buildReceipt(ledger.parts(2, 11)));
  const [change] = across.validatorHistory;
  const parts: Readonly<Record<string, Partial<Receipt>>> = {
    'signature of another transaction': {
      transaction: { ...across.transaction, signature: other.transaction.signature },
    },
    'no signature': { transaction: { ...across.transaction, signature: new Uint8Array(0) } },
    'no body': { transaction: { ...across.transaction, body: new Uint8Array(0) } },
    'outcome of another': { entry: { ...across.entry, outcome: other.entry.outcome } },
    'no outcome': { entry: { ...across.entry, outcome: new Uint8Array(0) } },
    'another count': { entry: { ...across.entry, count: 4 } },
    'another index': { entry: { ...across.entry, index: 0 } },
    'index beyond the count': { entry: { ...across.entry, index: 3 } },
    'no entry path': { entry: { ...across.entry, path: [] } },
    'an entry path too long': {
      entry: { ...across.entry, path: [...across.entry.path, new Uint8Array(32)] },
    },
    'record of another block': { resultRecord: ledger.records[6]! },
    'no record': { resultRecord: new Uint8Array(0) },
    'another log path': { logPath: early.logPath },
    'checkpoint of an earlier set': { checkpoint: early.checkpoint },
    'no history': { validatorHistory: [] },
    'the history twice': { validatorHistory: [change!, change!] },
    'other next validators': { validatorHistory: [{ ...change!, validators: ledger.sets[0] }] },
    'no next validators': { validatorHistory: [{ ...change!, validators: [] }] },
    'next validators in another order': {
      validatorHistory: [{ ...change!, validators: ledger.sets[1].toReversed() }],
    },
    'a record inside the epoch': { validatorHistory: [{ ...change!, resultRecord: ledger.records[6]! }] },
    'the genesis record as an end': { validatorHistory: [{ ...change!, resultRecord: ledger.records[0]! }] },
    'another certificate of the end': { validatorHistory: [{ ...change!, checkpoint: early.checkpoint }] },
    'another path in the history': { validatorHistory: [{ ...change!, logPath: change!.checkpointPath }] },
    'another certificate path': { validatorHistory: [{ ...change!, checkpointPath: change!.logPath }] },
  };
  return Object.entries(parts).map(([name, changes]) => ({
    name,
    receipt: encodeReceipt({ ...across, ...changes }),
    genesis: genesisBytes,
  }));
}

/** Checkpoints signed by others than exactly Q, or in another order; all signatures are real. */
function changedQuorums(): readonly Case[] {
  const signers = [[0, 1], [0, 1, 2, 3], [1, 0, 2], [0, 0, 1], [2]];
  return signers.map((places) => ({
    name: `checkpoint signed by ${places.join(', ')}`,
    receipt: buildReceipt({ ...ledger.parts(0, 6), checkpoint: ledger.certificate(6, places) }),
    genesis: genesisBytes,
  }));
}

function changedSpellings(): readonly Case[] {
  const receipt = text(buildReceipt(ledger.parts(1, 11)));
  const spellings: Readonly<Record<string, string>> = {
    'a final newline': `${receipt}\n`,
    'white space': receipt.replace(',"format"', ', "format"'),
    'an unknown member': receipt.replace('"format"', '"extra":1,"format"'),
    'a member twice': receipt.replace('{"checkpoint"', '{"checkpoint":"","checkpoint"'),
    'another order': receipt.replace(/(\{.*),"validatorHistory":(.*)\}$/, '{"validatorHistory":$2,$1}'),
    'a fraction': receipt.replace('"count":3', '"count":3.0'),
    'an exponent': receipt.replace('"count":3', '"count":3e0'),
    'a truth value': receipt.replace('"index":1', '"index":true'),
    'another escape': receipt.replace('\\n', '\\u000a'),
    'upper-case hex': receipt.replace(
      /("logPath":\[")([^"]*)/,
      (_, start: string, hash: string) => start + hash.toUpperCase(),
    ),
    'another format': receipt.replace('receipt/v1', 'receipt/v2'),
    'no text': '',
    'no object': '[]',
    'a stranger under the checkpoint': receipt.replace('— globex', '— hooli'),
    'a plain dash': receipt.replaceAll('—', '-'),
  };
  return Object.entries(spellings).map(([name, changed]) => ({
    name,
    receipt: utf8ToBytes(changed),
    genesis: genesisBytes,
  }));
}

function changedGenesis(): readonly Case[] {
  const receipt = buildReceipt(ledger.parts(1, 11));
  const genesis = text(genesisBytes);
  const files: Readonly<Record<string, string>> = {
    'another consortium': genesis.replace('"name":"example"', '"name":"examplf"'),
    'no consortium': '{}',
    'two newlines': `${genesis}\n\n`,
    'white space': genesis.replace(',', ', '),
    'a key twice': genesis.replace(ledger.sets[0][1]!.ledgerKey, ledger.sets[0][0]!.ledgerKey),
    'an organisation less': genesis.replace(/,\{"identities":[^{]*\{[^{]*\{[^{]*"name":"umbrella"\}/, ''),
  };
  return Object.entries(files).map(([name, changed]) => ({
    name: `genesis: ${name}`,
    receipt,
    genesis: utf8ToBytes(changed),
  }));
}

(isHere ? describe : describe.skip)('the second verifier', () => {
  it('takes the receipts that ours takes, a newline after genesis included', async () => {
    const cases = [...goodCases(), ...(await governedCases())];
    const withNewline = cases.map((each) => ({
      ...each,
      genesis: concatBytes(each.genesis, utf8ToBytes('\n')),
    }));
    const all = [...cases, ...withNewline];
    expect(all.filter((each) => !verifyReceipt(each.receipt, each.genesis).ok)).toEqual([]);
    const verdicts = askPython(
      all.map(({ receipt, genesis }) => ({ receipt: base64(receipt), genesis: base64(genesis) })),
    );
    expect(verdicts).toEqual(all.map(() => 'ok'));
  });

  it('refuses what ours refuses: changed bytes, parts, quorums, spellings, genesis files', () => {
    const cases = [
      ...changedBytes('epoch 0', buildReceipt(ledger.parts(0, 6)), 5),
      ...changedBytes('across epochs', buildReceipt(ledger.parts(1, 11)), 11),
      ...changedParts(),
      ...changedQuorums(),
      ...changedSpellings(),
      ...changedGenesis(),
    ];
    expect(cases.length).toBeGreaterThan(800);
    const taken = cases.filter((each) => verifyReceipt(each.receipt, each.genesis).ok);
    expect(taken.map(({ name }) => name)).toEqual([]);
    const verdicts = askPython(
      cases.map(({ receipt, genesis }) => ({ receipt: base64(receipt), genesis: base64(genesis) })),
    );
    expect(verdicts).toHaveLength(cases.length);
    const takenThere = cases.filter((_, index) => verdicts[index]?.startsWith('refused: ') !== true);
    expect(takenThere.map(({ name }) => name)).toEqual([]);
  });

  it('judges Ed25519 as libsodium does, in its own vectors and in published ones', () => {
    const { signatures } = readVectors<{ readonly signatures: readonly SignatureCase[] }>(
      'ed25519-edge-cases',
    );
    const cases = [...signatures, ...publishedSignatures()];
    const ours = cases.map(({ publicKey, message, signature }) =>
      ed25519Verifier.verify(publicKey as PublicKey, hexToBytes(message), hexToBytes(signature)),
    );
    const verdicts = askPython(
      cases.map(({ publicKey, message, signature }) => ({ key: publicKey, message, signature })),
    );
    expect(verdicts.map((verdict) => verdict === 'ok')).toEqual(ours);
    expect(new Set(ours)).toEqual(new Set([true, false]));
  });

  it('is a program: 0 with what it verified, 3 with the reason, 2 when called wrongly', () => {
    const [genesis = '', receipt = '', across = ''] = EXAMPLE_FILES.keys();
    const run = (...files: readonly string[]) =>
      spawnSync('python3', ['-B', PROGRAM, ...files], { encoding: 'utf8' });
    expect(run(receipt, genesis)).toMatchObject({ status: 0, stderr: '' });
    expect(run(across, genesis).stdout).toContain('countersigned     acme, globex, initech at height 11');
    const refused = run(genesis, genesis);
    expect([refused.status, refused.stdout, refused.stderr]).toEqual([
      3,
      '',
      'refused: receipt has other members than it must\n',
    ]);
    expect(run(receipt).status).toBe(2);
    expect(run('no-such-file', genesis).status).toBe(2);
  });

  it('has at most 300 lines', () => {
    expect(readFileSync(PROGRAM, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(300);
  });
});

const PUBLISHED = 'vectors/ed25519/sign-input-subset.json';

/** Published signatures, when they lie beside the repository, and each of them again over another message. */
function publishedSignatures(): readonly SignatureCase[] {
  if (!hasShared(PUBLISHED)) {
    process.stderr.write(
      `skipped: the published signatures need ../shared/${PUBLISHED} beside the repository\n`,
    );
    return [];
  }
  const { tests } = readSharedJson<{ readonly tests: readonly SignatureCase[] }>(PUBLISHED);
  return tests.flatMap((each) => [each, { ...each, message: `${each.message}00` }]);
}
