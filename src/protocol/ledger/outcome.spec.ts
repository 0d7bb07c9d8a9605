import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { concatBytes } from '../primitives/bytes.js';
import type { PublicKey, TransactionId } from '../primitives/identifiers.js';
import { CUSTODIES } from './identity.js';
import { decodeOutcome, encodeOutcome, FAILURE_CODES, type Outcome } from './outcome.js';

const hex64 = fc.stringMatching(/^[0-9a-f]{64}$/);
const identities = fc.constantFrom('', 'acme/submitter', `${'a'.repeat(63)}/${'b'.repeat(63)}`);

const outcomes: fc.Arbitrary<Outcome> = fc
  .tuple(
    hex64,
    identities,
    hex64,
    fc.constantFrom(...FAILURE_CODES),
    fc.nat({ max: 2 }),
    fc.constantFrom(...CUSTODIES),
  )
  .map(([key, identity, first, failure, kind, custody]): Outcome => {
    const who = {
      signer: key as PublicKey,
      identity,
      custody: identity === '' ? ('self' as const) : custody,
    };
    if (kind === 0) return { code: 'OK', ...who };
    if (kind === 1) return { code: 'REPLAYED', firstId: first as TransactionId, ...who };
    return { code: 'FAILED', failure, ...who };
  });

describe('outcome bytes', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        expect(decodeOutcome(encodeOutcome(outcome))).toEqual({ ok: true, value: outcome });
      }),
    );
  });

  it('have one encoding: what is accepted re-encodes to the same bytes', () => {
    fc.assert(
      fc.property(outcomes, fc.nat(), fc.integer({ min: 1, max: 255 }), (outcome, place, change) => {
        const bytes = encodeOutcome(outcome);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const decoded = decodeOutcome(bytes);
        if (decoded.ok) expect(encodeOutcome(decoded.value)).toEqual(bytes);
        else expect(decoded.rejection.code).toBe('RECEIPT_MALFORMED');
      }),
    );
  });

  it('are refused when cut, extended, of another version, with an unknown code, identity or custody', () => {
    const bytes = encodeOutcome({
      code: 'OK',
      signer: 'a'.repeat(64) as PublicKey,
      identity: 'acme/submitter',
      custody: 'self',
    });
    const refused = (changed: Uint8Array) => expect(decodeOutcome(changed).ok).toBe(false);
    for (let length = 0; length < bytes.length; length++) refused(bytes.subarray(0, length));
    refused(concatBytes(bytes, Uint8Array.of(0)));
    refused(Uint8Array.from(bytes, (byte, index) => (index === 1 ? 2 : byte)));
    refused(Uint8Array.from(bytes, (byte, index) => (index === 2 ? 3 : byte)));
    refused(Uint8Array.from(bytes, (byte, index) => (index === bytes.length - 2 ? 0x2f : byte)));
    refused(Uint8Array.from(bytes, (byte, index) => (index === bytes.length - 1 ? 2 : byte)));
    const stranger = encodeOutcome({
      ...{ code: 'OK', custody: 'node', identity: '' },
      signer: 'a'.repeat(64) as PublicKey,
    });
    refused(stranger);
  });
});
