import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { createSubjectFiles, recordOf } from '../../../../test/support/subject-files.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '../../primitives/bytes.js';
import { sha256 } from '../../crypto/sha256.js';
import {
  decodeSubjectHistory,
  encodeSubjectHistory,
  type HistoryFileEntry,
  type SubjectHistory,
} from './subject-history.js';
import { verifySubjectHistory } from './verify-subject-history.js';
import { verifySubjectPages } from './verify-subject-pages.js';

const LOT = 'urn:lot:"9"\t\u0001\u{1F600}/ü';
const files = createSubjectFiles({ [LOT]: 21, 'urn:one': 1, 'urn:long': 700 });
const { genesisBytes } = files.ledger;
const whole = files.history(LOT, 0, 21);
const page = files.history(LOT, 5, 12, 11, [6, 7]);
const none = files.history('urn:nobody', 0, 0);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function decoded(bytes: Uint8Array): SubjectHistory {
  const result = decodeSubjectHistory(bytes);
  if (!result.ok) throw new Error(result.rejection.message);
  return result.value;
}

function verified(bytes: Uint8Array) {
  const result = verifySubjectHistory(bytes, genesisBytes);
  if (!result.ok) throw new Error(result.rejection.message);
  return result.value;
}

/** Refusal of a page with members replaced. */
function refusalOf(changes: Partial<SubjectHistory>, of: Uint8Array = page) {
  const result = verifySubjectHistory(encodeSubjectHistory({ ...decoded(of), ...changes }), genesisBytes);
  return result.ok ? undefined : result.rejection;
}

describe('a page of a history', () => {
  test.each([5, 6, 7, 8, 11])('is proven under checkpoint %i, with its records', (checkpoint) => {
    for (const [from, to] of [
      [0, 21],
      [0, 1],
      [20, 21],
      [3, 17],
    ] as const) {
      const value = verified(files.history(LOT, from, to, checkpoint));
      expect(value).toMatchObject({
        subject: LOT,
        height: 5,
        count: 21,
        from,
        isWhole: to - from === 21,
        signers: ['acme', 'globex', 'initech'],
        checkpoint: { height: checkpoint },
      });
      expect(value.entries.map(({ sequence, record }) => [sequence, text(record!)])).toEqual(
        Array.from({ length: to - from }, (_, index) => [from + index, text(recordOf(LOT, from + index))]),
      );
    }
  });

  test('shows digests of what its reader may not see', () => {
    const { entries } = verified(page);
    expect(entries.filter(({ record }) => record === undefined).map(({ sequence }) => sequence)).toEqual([
      6, 7,
    ]);
    expect(entries[1]!.recordDigest).toBe(bytesToHex(sha256(recordOf(LOT, 6))));
    const all = verified(files.history(LOT, 5, 12, 11, [5, 6, 7, 8, 9, 10, 11]));
    expect(all.entries.map(({ recordDigest }) => recordDigest)).toEqual(
      verified(files.history(LOT, 5, 12)).entries.map(({ recordDigest }) => recordDigest),
    );
  });

  test('of a long history is proven by a few hashes', () => {
    for (const [from, to] of [
      [0, 100],
      [300, 400],
      [699, 700],
    ] as const) {
      const bytes = files.history('urn:long', from, to);
      expect(verified(bytes)).toMatchObject({ count: 700, from, isWhole: false });
      expect(decoded(bytes).range.length).toBeLessThan(20);
    }
  });

  test('shows that no record names a subject', () => {
    expect(verified(none)).toMatchObject({ count: 0, entries: [], isWhole: true, historyRoot: undefined });
    expect(verified(files.history('urn:one', 0, 1))).toMatchObject({ count: 1, isWhole: true });
  });

  test('is its own RFC 8785 form', () => {
    for (const bytes of [whole, page, none]) {
      expect(canonicalize(JSON.parse(text(bytes)))).toBe(text(bytes));
      expect(encodeSubjectHistory(decoded(bytes))).toEqual(bytes);
    }
  });

  test('with one bit flipped in any byte is refused', () => {
    const short = files.history('urn:one', 0, 1, 5);
    for (const [bytes, step] of [
      [short, 1],
      [page, 5],
      [none, 7],
    ] as const) {
      for (let at = 0; at < bytes.length; at += step) {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= 1 << (at % 8);
        if (verifySubjectHistory(changed, genesisBytes).ok)
          throw new Error(`a flip of bit ${at % 8} of byte ${at} goes unnoticed`);
      }
    }
  });

  test('with any byte of a sample changed, cut out or put in is refused', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const [before, after] = [whole.slice(0, at), whole.slice(at)];
        const replaced = concatBytes(before, Uint8Array.of(byte), after.slice(1));
        if (byte !== whole[at]) expect(verifySubjectHistory(replaced, genesisBytes).ok).toBe(false);
        expect(verifySubjectHistory(concatBytes(before, after.slice(1)), genesisBytes).ok).toBe(false);
        const longer = concatBytes(before, Uint8Array.of(byte), after);
        expect(verifySubjectHistory(longer, genesisBytes).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('needs the genesis file of its own chain', () => {
    const other = utf8ToBytes(text(genesisBytes).replace('"name":"example"', '"name":"examplf"'));
    const result = verifySubjectHistory(page, other);
    expect(result).toMatchObject({ ok: false, rejection: { code: 'HISTORY_INVALID' } });
    expect(result.ok ? '' : result.rejection.message).toMatch(
      /^the history is of chain .*, the genesis file is of /,
    );
    expect(verifySubjectHistory(page, utf8ToBytes('{}'))).toMatchObject({
      ok: false,
      rejection: { code: 'GENESIS_INVALID' },
    });
  });
});

describe('whoever changes a page', () => {
  const { entries } = decoded(page);
  const REMOVED = /records were removed or added|was changed, removed or added/;

  test('by removing any entry is told so', () => {
    for (let gone = 0; gone < entries.length; gone++) {
      const rest = entries.toSpliced(gone, 1);
      expect(refusalOf({ entries: rest })).toMatchObject({ code: 'HISTORY_INVALID' });
      expect(refusalOf({ entries: rest })?.message).toMatch(REMOVED);
      expect(refusalOf({ entries: rest, from: 6 })?.message).toMatch(REMOVED);
    }
    expect(refusalOf({ entries: [] })?.message).toContain('the page has no entry');
    expect(refusalOf({ entries: [], from: 0, count: 0, range: [] })?.message).toContain(
      'the ledger counts 21',
    );
  });

  test('by removing the end of the history and saying that it is shorter is told so', () => {
    const last = decoded(files.history(LOT, 15, 21));
    expect(
      refusalOf({ entries: last.entries.slice(0, -1), count: 20 }, files.history(LOT, 15, 21))?.message,
    ).toBe(`the file says that 20 records name ${LOT}, the ledger counts 21 as of height 5`);
  });

  test('by doubling or adding any entry is told so', () => {
    for (let at = 0; at < entries.length; at++) {
      const doubled = entries.toSpliced(at, 0, entries[at]!);
      expect(refusalOf({ entries: doubled })?.message).toContain('reordered or doubled');
      const { recordIndex } = entries[at]!;
      const added: HistoryFileEntry = {
        ...entries[at]!,
        height: 5,
        transactionIndex: 9,
        recordIndex,
        record: Uint8Array.of(1),
      };
      expect(refusalOf({ entries: [...entries, added] })?.message).toMatch(REMOVED);
    }
  });

  test('by swapping any two entries is told so', () => {
    for (let left = 0; left < entries.length; left++) {
      for (let right = left + 1; right < entries.length; right++) {
        const swapped = entries.with(left, entries[right]!).with(right, entries[left]!);
        expect(refusalOf({ entries: swapped })?.message).toContain('reordered or doubled');
        const contents = entries
          .with(left, { ...entries[right]!, ...placed(entries[left]!) })
          .with(right, { ...entries[left]!, ...placed(entries[right]!) });
        expect(refusalOf({ entries: contents })?.message).toMatch(REMOVED);
      }
    }
  });

  test('by changing a record, its place or a digest is told so', () => {
    const [first, second] = entries as [HistoryFileEntry, HistoryFileEntry];
    const changes: readonly HistoryFileEntry[] = [
      { ...placed(first), record: concatBytes(first.record!, Uint8Array.of(32)) },
      { ...first, recordIndex: first.recordIndex - 1 },
      { ...first, height: first.height - 1 },
      { ...placed(first), digest: new Uint8Array(32) },
    ];
    for (const changed of changes)
      expect(refusalOf({ entries: entries.with(0, changed) })?.message).toMatch(REMOVED);
    const withheld = { ...placed(second), digest: sha256(recordOf(LOT, 5)) };
    expect(refusalOf({ entries: entries.with(1, withheld) })?.message).toMatch(REMOVED);
    const wrapped = { ...first, recordIndex: first.recordIndex + 2 ** 32 };
    expect(refusalOf({ entries: [wrapped] })?.message).toContain('stands where no record can');
    const above = { ...entries.at(-1)!, height: 6 };
    expect(refusalOf({ entries: entries.with(-1, above) })?.message).toContain('above that of the page');
  });

  test('by naming another place, subject or proof is told so', () => {
    expect(refusalOf({ from: 4 })?.message).toMatch(/of another place/);
    expect(refusalOf({ from: 15 })?.message).toContain('beyond the 21 records');
    expect(refusalOf({ range: decoded(page).range.slice(1) })?.message).toMatch(/hashes, not by/);
    expect(refusalOf({ subject: 'urn:one' })).toMatchObject({ code: 'PROOF_INVALID' });
    expect(refusalOf({ subject: 'x'.repeat(65_536) })?.message).toContain('longer than any');
    expect(refusalOf({ frontier: undefined })).toMatchObject({ code: 'PROOF_INVALID' });
    expect(refusalOf({ frontier: Uint8Array.of(1) })).toMatchObject({ code: 'PROOF_INVALID' });
    expect(refusalOf({ stateProof: decoded(none).stateProof })).toMatchObject({ code: 'PROOF_INVALID' });
    expect(
      refusalOf({ stateProof: decoded(page).stateProof, frontier: decoded(whole).frontier }, none),
    ).toMatchObject({
      code: 'PROOF_INVALID',
    });
    expect(refusalOf({ from: 1 }, none)?.message).toContain('has no page');
    expect(refusalOf({ range: [new Uint8Array(32)] }, none)?.message).toContain('has no page');
  });

  test('by taking another result record, path, checkpoint or history is told so', () => {
    const early = decoded(files.history(LOT, 5, 12, 5));
    const { records } = files.ledger;
    expect(refusalOf({ resultRecord: records[4]! })?.message).toContain('is not in the log');
    expect(refusalOf({ logPath: early.logPath })?.message).toContain('is not in the log');
    expect(refusalOf({ checkpoint: early.checkpoint })).toMatchObject({ code: 'NOTE_UNVERIFIED' });
    expect(refusalOf({ validatorHistory: [] })).toMatchObject({ code: 'NOTE_UNVERIFIED' });
    const [change] = decoded(page).validatorHistory;
    const broken = { ...change!, validators: change!.validators.slice(1) };
    expect(refusalOf({ validatorHistory: [broken] })).toMatchObject({ code: 'HISTORY_INVALID' });
  });
});

function placed({ height, transactionIndex, recordIndex }: HistoryFileEntry) {
  return { height, transactionIndex, recordIndex };
}

describe('the form of a history', () => {
  test.each([
    ['a final newline', `${text(page)}\n`, 'the end of the file'],
    ['an unknown field', text(page).replace('"format"', '"extra":1,"format"'), '"format"'],
    ['an entry with both', text(page).replace('"record":', '"digest":'), ',"record":'],
    ['two values', text(page).replace('"frontier":["', '"frontier":["AA==","'), 'more than one'],
    [
      'one hash of a leaf',
      text(page).replace('"other":[]', `"other":["${'ab'.repeat(32)}"]`),
      'neither no hash nor two',
    ],
    ['an escape that need not be', text(page).replace('urn:lot', '\\u0075rn:lot'), 'after a backslash'],
    ['another escape of a tab', text(page).replace('\\t', '\\u0009'), 'after a backslash'],
    ['another format', text(page).replace('history/v1', 'history/v2'), 'countersign-history/v1'],
  ])('refuses %s and says where', (_, changed, reason) => {
    const result = verifySubjectHistory(utf8ToBytes(changed), genesisBytes);
    expect(result).toMatchObject({ ok: false, rejection: { code: 'HISTORY_NOT_CANONICAL' } });
    expect(result.ok ? '' : result.rejection.message).toContain(reason);
  });

  test('refuses what is too large or no text', () => {
    for (const bytes of [new Uint8Array(25 * 1024 * 1024), Uint8Array.of(255)])
      expect(verifySubjectHistory(bytes, genesisBytes)).toMatchObject({
        ok: false,
        rejection: { code: 'HISTORY_MALFORMED' },
      });
  });
});

describe('several pages', () => {
  const pages = [files.history(LOT, 0, 8), files.history(LOT, 8, 16, 8), files.history(LOT, 16, 21)] as const;
  const refusal = (...bytes: readonly Uint8Array[]) => {
    const result = verifySubjectPages(bytes, genesisBytes);
    return result.ok ? undefined : result.rejection;
  };

  test('are the whole history together, in whatever order they come', () => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
    ]) {
      const result = verifySubjectPages(
        order.map((index) => pages[index]!),
        genesisBytes,
      );
      expect(result).toMatchObject({
        ok: true,
        value: { subject: LOT, count: 21, height: 5, isWhole: true, missing: [] },
      });
      if (result.ok)
        expect(result.value.entries.map(({ sequence }) => sequence)).toEqual([...Array(21).keys()]);
    }
    expect(verifySubjectPages([none], genesisBytes)).toMatchObject({
      ok: true,
      value: { count: 0, isWhole: true },
    });
  });

  test('say what is missing', () => {
    expect(verifySubjectPages([pages[1]], genesisBytes)).toMatchObject({
      ok: true,
      value: {
        isWhole: false,
        missing: [
          { from: 0, to: 8 },
          { from: 16, to: 21 },
        ],
      },
    });
    expect(verifySubjectPages([pages[0], pages[2]], genesisBytes)).toMatchObject({
      ok: true,
      value: { isWhole: false, missing: [{ from: 8, to: 16 }] },
    });
  });

  test('of two histories, or of one that has grown, or twice the same, are refused', () => {
    expect(refusal(pages[0], files.history('urn:long', 0, 5))?.message).toMatch(/^page 2: it is of urn:long/);
    const grown = createSubjectFiles({ [LOT]: 22, 'urn:one': 1, 'urn:long': 700 });
    expect(grown.ledger.genesisBytes).toEqual(genesisBytes);
    expect(refusal(pages[0], grown.history(LOT, 8, 22))?.message).toContain(
      'fetch all pages as of one height',
    );
    expect(refusal(pages[0], pages[0])?.message).toContain('two pages have entry 0');
    expect(refusal()?.message).toContain('there is no page');
  });

  test('are refused with the number of the page that is not genuine', () => {
    const changed = encodeSubjectHistory({ ...decoded(pages[1]), from: 9 });
    expect(refusal(pages[0], changed)?.message).toMatch(/^page 2: /);
    expect(refusal(changed)?.message).not.toMatch(/^page/);
  });
});
