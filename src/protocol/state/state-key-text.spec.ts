import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, hexToBytes } from '../primitives/bytes.js';
import { stateKey } from './state-key.js';
import { parseStateKeyText, subjectKeyText } from './state-key-text.js';

const ID = 'ab'.repeat(32);

function keyOf(text: string): string {
  const parsed = parseStateKeyText(text);
  return parsed.ok ? parsed.value.key : parsed.rejection.code;
}

describe('the text of a state key', () => {
  test.each([
    ['parameters', stateKey('parameters')],
    ['organisation/acme', stateKey('organisation', 'acme')],
    ['identity/acme/scanner-1', stateKey('identity', 'acme', 'scanner-1')],
    [`signer/${ID}`, stateKey('signer', hexToBytes(ID))],
    ['idempotency/acme%2Fscanner-1/order-1', stateKey('idempotency', 'acme/scanner-1', 'order-1')],
    [
      'subject/urn:epc:id:sgtin:0614141.107346.2018',
      stateKey('subject', 'urn:epc:id:sgtin:0614141.107346.2018'),
    ],
    ['subject/https:%2F%2Fid.gs1.org%2F01', stateKey('subject', 'https://id.gs1.org/01')],
    ['subject/%C3%A4%20%25', stateKey('subject', 'ä %')],
    ['validators/in-force', stateKey('validators', 'in-force')],
    ['validators/pending-change', stateKey('validators', 'pending-change')],
    ['validators/epoch/12', stateKey('validators', 'epoch', hexToBytes('000000000000000c'))],
    [`motion/${ID}`, stateKey('motion', hexToBytes(ID))],
    ['governance/identities/acme', stateKey('governance', 'identities', 'acme')],
    [`governance/ledger-key/${ID}`, stateKey('governance', 'ledger-key', hexToBytes(ID))],
    ['governance/admissions', stateKey('governance', 'admissions')],
  ])('%s is that key', (text, key) => {
    expect(keyOf(text)).toBe(key);
  });

  test.each([
    ['', 'STATE_KIND_UNKNOWN'],
    ['nothing/x', 'STATE_KIND_UNKNOWN'],
    ['ballot/x', 'STATE_KIND_UNKNOWN'],
    ['toString', 'STATE_KIND_UNKNOWN'],
    ['subject', 'STATE_KEY_MALFORMED'],
    ['subject/a/b', 'STATE_KEY_MALFORMED'],
    ['subject/a b', 'STATE_KEY_MALFORMED'],
    ['subject/%61', 'STATE_KEY_MALFORMED'],
    ['subject/%c3%a4', 'STATE_KEY_MALFORMED'],
    ['subject/%C3', 'STATE_KEY_MALFORMED'],
    ['subject/%', 'STATE_KEY_MALFORMED'],
    ['subject/%1', 'STATE_KEY_MALFORMED'],
    ['subject/ä', 'STATE_KEY_MALFORMED'],
    ['parameters/', 'STATE_KEY_MALFORMED'],
    [`signer/${ID.toUpperCase()}`, 'STATE_KEY_MALFORMED'],
    ['signer/abcd', 'STATE_KEY_MALFORMED'],
    ['validators/epoch/012', 'STATE_KEY_MALFORMED'],
    ['validators/epoch/9007199254740992', 'STATE_KEY_MALFORMED'],
    ['validators/other', 'STATE_KEY_MALFORMED'],
  ])('"%s" is none: %s', (text, code) => {
    expect(keyOf(text)).toBe(code);
  });

  test('says how a key of the kind is written', () => {
    const parsed = parseStateKeyText('governance/x');
    expect(parsed.ok ? '' : parsed.rejection.message).toContain(
      'governance/identities/<name> or governance/open-motions/<name> or governance/ledger-key/<64 hex digits>',
    );
    const unknown = parseStateKeyText('x');
    expect(unknown.ok ? '' : unknown.rejection.message).toContain('it has parameters, organisation,');
  });

  test('is one for each subject', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (subject) => {
        expect(keyOf(subjectKeyText(subject))).toBe(stateKey('subject', subject));
      }),
    );
  });

  test('names the parts that are text', () => {
    expect(parseStateKeyText('idempotency/acme%2Fa/b')).toMatchObject({
      ok: true,
      value: { names: ['acme/a', 'b'] },
    });
    expect(parseStateKeyText(`signer/${bytesToHex(new Uint8Array(32))}`)).toMatchObject({
      ok: true,
      value: { names: [] },
    });
  });
});
