import { describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import { createSubjectFiles } from '../../../../test/support/subject-files.js';
import { concatBytes, utf8ToBytes } from '../../primitives/bytes.js';
import { decodeStateValue, encodeStateValue, type StateValue } from './state-value.js';
import { verifyState } from './verify-state-value.js';

const files = createSubjectFiles({ 'urn:lot:9': 5 });
const { genesisBytes } = files.ledger;
const present = files.state('readers/member-3');
const absent = files.state('readers/nobody');
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function decoded(bytes: Uint8Array): StateValue {
  const result = decodeStateValue(bytes);
  if (!result.ok) throw new Error(result.rejection.message);
  return result.value;
}

function refusalOf(changes: Partial<StateValue>, of: Uint8Array = present) {
  const result = verifyState(encodeStateValue({ ...decoded(of), ...changes }), genesisBytes);
  return result.ok ? undefined : result.rejection;
}

describe('a state proof', () => {
  test.each([5, 8, 11])('shows a value, or that there is none, under checkpoint %i', (checkpoint) => {
    for (let member = 0; member < 40; member++) {
      const key = `readers/member-${member}`;
      const result = verifyState(files.state(key, checkpoint), genesisBytes);
      expect(result).toMatchObject({ ok: true, value: { key, height: 5, value: Uint8Array.of(member) } });
      const other = verifyState(files.state(`readers/other-${member}`, checkpoint), genesisBytes);
      expect(other).toMatchObject({ ok: true, value: { height: 5, checkpoint: { height: checkpoint } } });
      expect(other.ok ? other.value.value : other).toBeUndefined();
    }
  });

  test('is its own RFC 8785 form', () => {
    for (const bytes of [present, absent]) {
      expect(canonicalize(JSON.parse(text(bytes)))).toBe(text(bytes));
      expect(encodeStateValue(decoded(bytes))).toEqual(bytes);
    }
  });

  test('with any byte changed is refused', () => {
    for (const bytes of [files.state('readers/member-3', 5), absent]) {
      for (let at = 0; at < bytes.length; at += bytes === absent ? 7 : 1) {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= 1 << (at % 8);
        if (verifyState(changed, genesisBytes).ok) throw new Error(`a change of byte ${at} goes unnoticed`);
      }
      expect(verifyState(concatBytes(bytes, utf8ToBytes('\n')), genesisBytes)).toMatchObject({
        ok: false,
        rejection: { code: 'STATE_PROOF_NOT_CANONICAL' },
      });
    }
  });

  test('says what is wrong with it', () => {
    expect(refusalOf({ value: Uint8Array.of(9) })).toMatchObject({ code: 'PROOF_INVALID' });
    expect(refusalOf({ value: undefined })).toMatchObject({ code: 'PROOF_INVALID' });
    expect(refusalOf({ value: Uint8Array.of(9) }, absent)).toMatchObject({ code: 'PROOF_INVALID' });
    expect(refusalOf({ key: 'readers/member-4' })).toMatchObject({ code: 'PROOF_INVALID' });
    expect(refusalOf({ key: 'nothing/x' })).toMatchObject({ code: 'STATE_KIND_UNKNOWN' });
    expect(refusalOf({ key: 'readers' })).toMatchObject({ code: 'STATE_KEY_MALFORMED' });
    expect(refusalOf({ resultRecord: files.ledger.records[4]! })).toMatchObject({
      code: 'STATE_PROOF_INVALID',
    });
    expect(verifyState(Uint8Array.of(255), genesisBytes)).toMatchObject({
      ok: false,
      rejection: { code: 'STATE_PROOF_MALFORMED' },
    });
    const other = utf8ToBytes(text(genesisBytes).replace('"name":"example"', '"name":"examplf"'));
    expect(verifyState(present, other)).toMatchObject({
      ok: false,
      rejection: { code: 'STATE_PROOF_INVALID' },
    });
  });

  test('of a leaf that is the key’s own shows no absence', () => {
    const { keyDigest, valueDigest } = decoded(absent).stateProof.other ?? {
      keyDigest: new Uint8Array(32),
      valueDigest: new Uint8Array(32),
    };
    const both = { ...decoded(present).stateProof, other: { keyDigest, valueDigest } };
    expect(refusalOf({ stateProof: both })?.message).toContain('the leaf of another key');
  });
});
