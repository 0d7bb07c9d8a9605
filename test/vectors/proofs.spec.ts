import { describe, expect, test } from '@jest/globals';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import { verifyState } from '../../src/protocol/proof/state/verify-state-value.js';
import { verifySubjectHistory } from '../../src/protocol/proof/state/verify-subject-history.js';
import { createSubjectFiles } from '../support/subject-files.js';
import { readVectors } from '../support/vector-files.js';

interface ProofVectors {
  readonly genesis: string;
  /** Subjects of the state with the numbers of their records. */
  readonly subjects: Readonly<Record<string, number>>;
  readonly histories: readonly {
    readonly subject: string;
    readonly from: number;
    readonly to: number;
    readonly checkpointHeight: number;
    readonly withheld: readonly number[];
    readonly count: number;
    readonly recordDigests: readonly string[];
    readonly file: string;
  }[];
  readonly entries: readonly {
    readonly key: string;
    readonly checkpointHeight: number;
    /** Hex; "" when there is none. */
    readonly value: string;
    readonly file: string;
  }[];
}

const { genesis, subjects, histories, entries } = readVectors<ProofVectors>('proofs');
const files = createSubjectFiles(subjects);

describe.each(histories)('history of $subject from $from to $to', (vector) => {
  test('opens with the genesis file and nothing else', () => {
    const result = verifySubjectHistory(utf8ToBytes(vector.file), utf8ToBytes(genesis));
    const { subject, from, count, checkpointHeight } = vector;
    expect(result).toMatchObject({
      ok: true,
      value: { subject, from, count, height: 5, checkpoint: { height: checkpointHeight } },
    });
    if (!result.ok) return;
    expect(result.value.entries.map(({ recordDigest }) => recordDigest)).toEqual(vector.recordDigests);
    const withheld = result.value.entries.filter(({ record }) => record === undefined);
    expect(withheld.map(({ sequence }) => sequence)).toEqual(vector.withheld);
  });

  test('is built the same again', () => {
    const { subject, from, to, checkpointHeight, withheld } = vector;
    const built = files.history(subject, from, to, checkpointHeight, withheld);
    expect(new TextDecoder().decode(built)).toBe(vector.file);
  });
});

describe.each(entries)('state entry $key', (vector) => {
  test('opens with the genesis file and nothing else', () => {
    const result = verifyState(utf8ToBytes(vector.file), utf8ToBytes(genesis));
    expect(result).toMatchObject({ ok: true, value: { key: vector.key, height: 5 } });
    if (result.ok) expect(Buffer.from(result.value.value ?? []).toString('hex')).toBe(vector.value);
  });

  test('is built the same again', () => {
    const built = files.state(vector.key, vector.checkpointHeight);
    expect(new TextDecoder().decode(built)).toBe(vector.file);
  });
});
