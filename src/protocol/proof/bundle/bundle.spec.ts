import { beforeAll, describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { BundleLedger } from '../../../../test/support/bundle-ledger.js';
import { bytesEqual, concatBytes, utf8ToBytes } from '../../primitives/bytes.js';
import type { RejectionCode } from '../../primitives/rejection.js';
import { decodeBundleLine, encodeBundleLine, type BundleLine } from './bundle-lines.js';
import {
  BundleVerifier,
  type BundlePlace,
  type BundleRefusal,
  type VerifiedBundle,
} from './verify-bundle.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

type Opened = { readonly value: VerifiedBundle } | { readonly refusal: BundleRefusal };

/** The file in pieces of `size` bytes. */
function open(
  bytes: Uint8Array,
  genesis: Uint8Array,
  { size = 65_536, follows }: { readonly size?: number; readonly follows?: BundlePlace } = {},
): Opened {
  const verifier = BundleVerifier.create(genesis, follows);
  if (!verifier.ok) throw new Error(verifier.rejection.message);
  for (let start = 0; start < bytes.length; start += size)
    verifier.value.push(bytes.subarray(start, start + size));
  const finished = verifier.value.finish();
  return finished.ok ? { value: finished.value } : { refusal: finished.rejection as BundleRefusal };
}

function linesOf(bundle: Uint8Array): string[] {
  return text(bundle).split('\n').slice(0, -1);
}

function joined(lines: readonly string[]): Uint8Array {
  return utf8ToBytes(lines.map((line) => `${line}\n`).join(''));
}

function decoded(line: string): BundleLine {
  const result = decodeBundleLine(utf8ToBytes(line));
  if (!result.ok) throw new Error(result.rejection.message);
  return result.value;
}

/** A ledger with two changes of epoch, and blocks of one and of several transactions between them. */
function governedLedger(): BundleLedger {
  const ledger = new BundleLedger();
  ledger.record('first', 3);
  ledger.rotate('acme, second key');
  ledger.record('second');
  ledger.rotate('acme, third key');
  ledger.record('third', 2, 5);
  return ledger;
}

const ledger = governedLedger();
const { genesisBytes, height } = ledger;
let bundle: Uint8Array;
let lines: string[];
const kindAt = (index: number): string => decoded(lines[index]!).kind;

beforeAll(async () => {
  bundle = await ledger.bundle();
  lines = linesOf(bundle);
});

function refusalOf(bytes: Uint8Array): BundleRefusal | undefined {
  const opened = open(bytes, genesisBytes);
  return 'refusal' in opened ? opened.refusal : undefined;
}

function codeOf(changed: readonly string[]): RejectionCode | undefined {
  return refusalOf(joined(changed))?.code;
}

/** The first line of a kind, after others have been skipped. */
function indexOf(kind: BundleLine['kind'], skipped = 0): number {
  const indices = lines.flatMap((_, index) => (kindAt(index) === kind ? [index] : []));
  return indices[skipped]!;
}

/** The bundle with one line's members changed. */
function withLine<Kind extends BundleLine['kind']>(
  kind: Kind,
  change: (line: Extract<BundleLine, { kind: Kind }>) => BundleLine,
  skipped = 0,
): string[] {
  const at = indexOf(kind, skipped);
  const changed = text(encodeBundleLine(change(decoded(lines[at]!) as Extract<BundleLine, { kind: Kind }>)));
  return lines.with(at, changed.slice(0, -1));
}

function flipped(bytes: Uint8Array, at = 0): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at < 0 ? changed.length + at : at]! ^= 1;
  return changed;
}

describe('a bundle', () => {
  test('opens with the genesis file alone, across two changes of epoch', () => {
    expect(open(bundle, genesisBytes)).toMatchObject({
      value: {
        ...{ from: 1, to: height, blocks: height, epoch: 2 },
        transactions: 3 + 3 + 1 + 3 + 2,
        records: 3 + 1 + 2 * 5,
        checkpoint: { height },
        signers: ['acme', 'globex', 'initech'],
      },
    });
  });

  test('is the same in pieces of any size', () => {
    const whole = open(bundle, genesisBytes);
    for (const size of [1, 7, 1_000]) expect(open(bundle, genesisBytes, { size })).toEqual(whole);
  });

  test('has lines that are their own RFC 8785 form', () => {
    for (const line of lines) {
      expect(canonicalize(JSON.parse(line))).toBe(line);
      expect(text(encodeBundleLine(decoded(line)))).toBe(`${line}\n`);
    }
  });

  test('of any range opens, on the frontier and with the validators that it begins on', async () => {
    for (let from = 1; from <= height; from++) {
      for (let to = from; to <= height; to++) {
        const part = await ledger.bundle(from, to);
        expect([from, to, open(part, genesisBytes)]).toMatchObject([from, to, { value: { from, to } }]);
      }
    }
  });

  test('ends under a later checkpoint of the same epoch when its last height has none', async () => {
    const sparse = governedLedger();
    sparse.record('fourth');
    sparse.uncertified.add(height);
    const opened = open(await sparse.bundle(3, height), sparse.genesisBytes);
    expect(opened).toMatchObject({ value: { to: height, checkpoint: { height: height + 1 } } });
  });

  test('continues another, and no other history', async () => {
    const first = open(await ledger.bundle(1, 5), genesisBytes);
    const follows = 'value' in first ? first.value.end : undefined;
    expect(open(await ledger.bundle(6), genesisBytes, { follows: follows! })).toMatchObject({
      value: { from: 6, to: height },
    });
    expect(open(await ledger.bundle(7), genesisBytes, { follows: follows! })).toMatchObject({
      refusal: { code: 'BUNDLE_NOT_CONSECUTIVE', line: 1 },
    });
    const fork = new BundleLedger();
    for (let made = 0; made < height; made++) fork.record(`fork-${made}`);
    const opened = open(await fork.bundle(6), genesisBytes, { follows: follows! });
    expect(opened).toMatchObject({ refusal: { code: 'BUNDLE_FORKED' } });
  });

  test('is refused with another genesis file', async () => {
    const other = new BundleLedger({ pipelineDepth: 3 });
    expect(open(bundle, other.genesisBytes)).toMatchObject({
      refusal: { code: 'BUNDLE_CHAIN_MISMATCH', line: 1 },
    });
    expect(BundleVerifier.create(utf8ToBytes('{}'))).toMatchObject({
      ok: false,
      rejection: { code: 'GENESIS_INVALID' },
    });
  });

  test('of a random ledger opens, with any line and any byte of it changed it does not', async () => {
    const shapes = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(), fc.nat(7), fc.nat(), async (blocks, at, bit, start) => {
        const random = new BundleLedger();
        for (const [index, [transactions, documents]] of blocks.entries())
          random.record(`random-${index}`, transactions, documents);
        const file = await random.bundle(1 + (start % blocks.length));
        expect(open(file, random.genesisBytes)).toMatchObject({ value: { to: blocks.length } });
        const changed = Uint8Array.from(file);
        changed[at % file.length]! ^= 1 << bit;
        expect(open(changed, random.genesisBytes)).toHaveProperty('refusal');
      }),
      { numRuns: 40 },
    );
  });
});

describe('a damaged bundle', () => {
  test('with any line removed, doubled, or exchanged with the next one is refused', () => {
    for (let at = 0; at < lines.length; at++) {
      const refused = [
        codeOf(lines.toSpliced(at, 1)),
        codeOf(lines.toSpliced(at, 0, lines[at]!)),
        ...(at + 1 < lines.length ? [codeOf(lines.toSpliced(at, 2, lines[at + 1]!, lines[at]!))] : []),
      ];
      expect([at, refused]).toEqual([at, refused.map(() => expect.stringMatching(/^BUNDLE_/))]);
    }
  });

  test('that ends after any line, or in the middle of one, is truncated', () => {
    for (let kept = 0; kept < lines.length; kept++) {
      const whole = joined(lines.slice(0, kept));
      const torn = concatBytes(whole, utf8ToBytes(lines[kept]!.slice(0, 40)));
      for (const bytes of [whole, torn])
        expect([kept, refusalOf(bytes)?.code]).toEqual([kept, 'BUNDLE_TRUNCATED']);
    }
    expect(refusalOf(bundle.subarray(0, -1))?.code).toBe('BUNDLE_TRUNCATED');
    expect(refusalOf(joined(lines.slice(0, 4)))?.message).toContain('transactions of block');
  });

  test('with a changed byte in any line is refused at the latest when it ends', () => {
    for (const [at, line] of lines.entries()) {
      for (const place of [2, Math.floor(line.length / 3), Math.floor(line.length / 2), line.length - 3]) {
        const bytes = utf8ToBytes(line);
        bytes[place]! ^= 2;
        const changed = concatBytes(joined(lines.slice(0, at)), bytes, joined(['', ...lines.slice(at + 1)]));
        expect([at, place, refusalOf(changed)?.line]).toEqual([at, place, expect.any(Number)]);
      }
    }
  });

  test('names line and height', () => {
    const at = indexOf('block', 1);
    expect(refusalOf(joined(lines.toSpliced(at, 1)))).toMatchObject({
      line: at + 1,
      height: 2,
      message: expect.stringMatching(new RegExp(`^line ${at + 1}, block 2: .*removed`)),
    });
  });

  test.each<readonly [string, RejectionCode, () => readonly string[]]>([
    [
      'a block left out',
      'BUNDLE_OUT_OF_ORDER',
      () => {
        const [first, next] = [indexOf('block', 1), indexOf('block', 2)];
        return lines.toSpliced(first, next - first);
      },
    ],
    ['a transaction left out', 'BUNDLE_LINE_UNEXPECTED', () => lines.toSpliced(indexOf('transaction'), 1)],
    [
      'two transactions exchanged',
      'BUNDLE_BLOCK_INVALID',
      () => {
        const at = indexOf('transaction');
        return lines.toSpliced(at, 2, lines[at + 1]!, lines[at]!);
      },
    ],
    ['something after its end', 'BUNDLE_LINE_UNEXPECTED', () => [...lines, lines.at(-1)!]],
    ['white space', 'BUNDLE_NOT_CANONICAL', () => lines.with(1, lines[1]!.replace(':', ': '))],
    ['another line', 'BUNDLE_MALFORMED', () => lines.with(1, '{"note":{}}')],
    ['another range', 'BUNDLE_OUT_OF_ORDER', () => withLine('bundle', (line) => ({ ...line, to: 2 }))],
    [
      'a longer range',
      'BUNDLE_TRUNCATED',
      () => withLine('bundle', (line) => ({ ...line, to: line.to + 1 })),
    ],
    ['no range', 'BUNDLE_MALFORMED', () => withLine('bundle', (line) => ({ ...line, from: 0 }))],
    [
      'another beginning',
      'BUNDLE_BLOCK_INVALID',
      () => withLine('bundle', (line) => ({ ...line, frontier: line.frontier.map((hash) => flipped(hash)) })),
    ],
    ['half a frontier', 'BUNDLE_MALFORMED', () => withLine('bundle', (line) => ({ ...line, frontier: [] }))],
    [
      'another genesis document',
      'BUNDLE_CHAIN_MISMATCH',
      () => withLine('bundle', (line) => ({ ...line, genesis: flipped(line.genesis) })),
    ],
    [
      'another parent',
      'BUNDLE_FORKED',
      () => withLine('bundle', (line) => ({ ...line, parentHash: 'ab'.repeat(32) as never })),
    ],
    [
      'a changed header',
      'BUNDLE_BLOCK_INVALID',
      () => withLine('block', (line) => ({ ...line, header: flipped(line.header, 225) })),
    ],
    [
      'a header that is none',
      'BUNDLE_BLOCK_INVALID',
      () => withLine('block', (line) => ({ ...line, header: line.header.slice(1) })),
    ],
    [
      'a changed state root',
      'BUNDLE_BLOCK_INVALID',
      () => withLine('block', (line) => ({ ...line, resultRecord: flipped(line.resultRecord, 130) })),
    ],
    [
      'a changed state root at its end',
      'BUNDLE_LOG_MISMATCH',
      () =>
        withLine('block', (line) => ({ ...line, resultRecord: flipped(line.resultRecord, 130) }), height - 1),
    ],
    [
      'a vote that is none',
      'CERTIFICATE_INVALID',
      () =>
        withLine('block', (line) => ({
          ...line,
          commit: {
            ...line.commit,
            signatures: line.commit.signatures.map((one) => ({ ...one, signature: flipped(one.signature) })),
          },
        })),
    ],
    [
      'another outcome',
      'BUNDLE_BLOCK_INVALID',
      () => withLine('transaction', (line) => ({ ...line, outcome: flipped(line.outcome, -1) })),
    ],
    [
      'an outcome that is none',
      'BUNDLE_TRANSACTION_INVALID',
      () => withLine('transaction', (line) => ({ ...line, outcome: line.outcome.slice(1) })),
    ],
    [
      'a wrong signature',
      'BUNDLE_TRANSACTION_INVALID',
      () => withLine('transaction', (line) => ({ ...line, signature: flipped(line.signature) })),
    ],
    [
      'a changed record',
      'BUNDLE_TRANSACTION_INVALID',
      () => withLine('transaction', (line) => ({ ...line, body: flipped(line.body, -20) })),
    ],
    [
      'other next validators',
      'BUNDLE_HISTORY_INVALID',
      () => withLine('epoch', (line) => ({ ...line, validators: line.validators.slice(1) })),
    ],
    [
      'the checkpoint of another epoch',
      'NOTE_UNVERIFIED',
      () =>
        withLine('epoch', (line) => ({
          ...line,
          checkpoint: (decoded(lines.at(-1)!) as { checkpoint: string }).checkpoint,
        })),
    ],
    [
      'a line less under its checkpoint',
      'NOTE_UNVERIFIED',
      () =>
        withLine('end', (line) => ({
          ...line,
          checkpoint: line.checkpoint.split('\n').toSpliced(-2, 1).join('\n'),
        })),
    ],
    [
      'a proof where none belongs',
      'BUNDLE_LOG_MISMATCH',
      () => withLine('end', (line) => ({ ...line, consistency: [new Uint8Array(32)] })),
    ],
    [
      'another count of blocks',
      'BUNDLE_COUNTS_DIFFER',
      () => withLine('end', (line) => ({ ...line, blocks: line.blocks + 1 })),
    ],
    [
      'another count of records',
      'BUNDLE_COUNTS_DIFFER',
      () => withLine('end', (line) => ({ ...line, records: 0 })),
    ],
  ])('with %s is refused (%s)', (_what, code, damage) => {
    expect(codeOf(damage())).toBe(code);
  });

  test('with a line that never ends is refused before memory is used up', () => {
    const verifier = BundleVerifier.create(genesisBytes);
    if (!verifier.ok) throw new Error(verifier.rejection.message);
    verifier.value.push(joined(lines.slice(0, 1)));
    const refused = verifier.value.push(new Uint8Array(3 * 1024 * 1024).fill(0x61));
    expect(refused).toMatchObject({ code: 'BUNDLE_MALFORMED', line: 2 });
    expect(verifier.value.push(joined(lines.slice(1)))).toBe(refused);
  });

  test('of a fork from the middle on is refused where it begins', async () => {
    const fork = new BundleLedger();
    fork.record('first', 3);
    fork.record('elsewhere');
    const other = linesOf(await fork.bundle());
    const at = indexOf('block', 1);
    const mixed = [...lines.slice(0, at), ...other.slice(at)];
    expect(codeOf(mixed.with(0, lines[0]!))).toBe('BUNDLE_TRUNCATED');
    const later = new BundleLedger();
    later.record('never');
    later.record('elsewhere');
    const strange = linesOf(await later.bundle());
    expect(codeOf([...lines.slice(0, at), ...strange.slice(3)])).toBe('BUNDLE_FORKED');
  });

  test('with a validator history of its own is refused', async () => {
    const part = linesOf(await ledger.bundle(height));
    const history = decoded(part[1]!);
    if (history.kind !== 'history') throw new Error(history.kind);
    const { change } = history;
    const codes = [
      part.toSpliced(1, 1),
      part.toSpliced(1, 0, part[2]!),
      ...[
        { ...change, validators: change.validators.slice(1) },
        { ...change, logPath: change.logPath.slice(1) },
        { ...change, checkpointPath: change.checkpointPath.slice(1) },
      ].map((changed) =>
        part.with(1, text(encodeBundleLine({ kind: 'history', change: changed })).slice(0, -1)),
      ),
    ].map((changed) => codeOf(changed));
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'BUNDLE_HISTORY_INVALID'));
  });
});

describe('a torn file', () => {
  test('goes on after its last whole block, wherever it was torn', async () => {
    for (let cut = 0; cut < bundle.length; cut += 97) {
      const verifier = BundleVerifier.create(genesisBytes);
      if (!verifier.ok) throw new Error(verifier.rejection.message);
      verifier.value.push(bundle.subarray(0, cut));
      const point = verifier.value.resume();
      if (point === undefined) continue;
      const kept = bundle.subarray(0, point.bytes);
      expect(['block', 'end']).toContain(decoded(linesOf(bundle.subarray(point.bytes))[0]!).kind);
      verifier.value.push(bundle.subarray(point.bytes));
      expect(verifier.value.finish()).toMatchObject({ ok: true, value: { to: height, blocks: height } });
      expect(bytesEqual(concatBytes(kept, bundle.subarray(point.bytes)), bundle)).toBe(true);
    }
  });
});
