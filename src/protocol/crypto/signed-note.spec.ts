import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { utf8ToBytes } from '../primitives/bytes.js';
import type { Rejection, Result } from '../primitives/rejection.js';
import { ed25519Verifier, publicKeyOfSeed, signMessage } from './ed25519.js';
import {
  formatNote,
  noteSignatureLine,
  noteVerifierKey,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from './signed-note.js';

const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const names = ['acme', 'globex', 'initech'];
const keys = seeds.map((seed, index) => ({ name: names[index]!, publicKey: publicKeyOfSeed(seed) }));
const text = 'countersign/quality-chain/0123456789abcdef\n7\nAAAA\n';

function line(signer: number, message: string): string {
  const key = keys[signer]!;
  return noteSignatureLine(key.name, key.publicKey, signMessage(seeds[signer]!, utf8ToBytes(message)));
}

function rejection(result: Result<unknown>): Rejection | undefined {
  return result.ok ? undefined : result.rejection;
}

const note = formatNote(text, [line(0, text), line(1, text)]);

describe('signed note', () => {
  test('is a text, an empty line and one line for each signature', () => {
    expect(note.startsWith(`${text}\n— acme `)).toBe(true);
    const parsed = parseNote(note);
    expect(parsed.ok && parsed.value.text).toBe(text);
    expect(parsed.ok && parsed.value.signatures.map(({ name }) => name)).toEqual(['acme', 'globex']);
  });

  test('opens with the keys that are known', () => {
    expect(verifyNote(note, keys, ed25519Verifier)).toEqual({
      ok: true,
      value: { text, signers: ['acme', 'globex'] },
    });
    expect(verifyNote(note, keys.slice(1), ed25519Verifier)).toEqual({
      ok: true,
      value: { text, signers: ['globex'] },
    });
    expect(rejection(verifyNote(note, keys.slice(2), ed25519Verifier))?.message).toContain('no line');
  });

  test('keeps empty lines of its text', () => {
    const spaced = 'a\n\nb\n';
    const parsed = parseNote(formatNote(spaced, [line(0, spaced)]));
    expect(parsed.ok && parsed.value.text).toBe(spaced);
  });

  test('a known key with a wrong, or a second, line closes it', () => {
    const wrong = formatNote(text, [line(0, text), line(1, 'another text\n')]);
    expect(rejection(verifyNote(wrong, keys, ed25519Verifier))?.message).toContain('globex');
    const twice = formatNote(text, [line(0, text), line(0, text)]);
    expect(rejection(verifyNote(twice, keys, ed25519Verifier))?.message).toContain('two lines');
  });

  test('any changed character of text or signatures is noticed', () => {
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 127 }), (at, difference) => {
        const changed = String.fromCharCode(note.charCodeAt(at) ^ difference);
        const other = note.slice(0, at) + changed + note.slice(at + 1);
        const opened = verifyNote(other, keys, ed25519Verifier);
        // A line whose name or key id changed is some other key's line; never may both of ours still stand.
        expect(opened.ok && opened.value.signers.length === 2).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['no signature', `${text}\n`],
    ['no empty line', text],
    ['last newline missing', note.slice(0, -1)],
    ['a hyphen for the dash', note.replace('— acme', '- acme')],
    ['two spaces', note.replace('— acme ', '— acme  ')],
    ['nameless key', note.replace('— acme ', '—  ')],
    ['a plus in the name', note.replace('— acme', '— ac+me')],
    ['carriage returns', note.replaceAll('\n', '\r\n')],
    ['a control character', `\u0007${note}`],
    ['a lone surrogate', `\uD800${note}`],
    ['a key id without a signature', `${text}\n— acme AAAAAA==\n`],
    ['stray bits in base64', `${text}\n— acme AAAAAAB=\n`],
    [
      'too many signatures',
      formatNote(
        text,
        Array.from({ length: 101 }, () => line(0, text)),
      ),
    ],
    ['too long', `${'x'.repeat(1_000_000)}${note}`],
  ])('refuses %s', (_, malformed) => {
    expect(rejection(parseNote(malformed))?.code).toBe('NOTE_MALFORMED');
  });
});

describe('verifier key', () => {
  test('goes there and back', () => {
    for (const key of keys) {
      expect(parseVerifierKey(noteVerifierKey(key.name, key.publicKey))).toEqual({ ok: true, value: key });
    }
  });

  test('of another form, type or id is refused', () => {
    const good = noteVerifierKey('acme', keys[0]!.publicKey);
    const [name = '', id = '', key = ''] = good.split(/\+(.{8})\+/);
    for (const bad of [
      '',
      'acme',
      `acme+${id}`,
      `+${id}+${key}`,
      `${name}+${id.toUpperCase()}x+${key}`,
      `globex+${id}+${key}`,
    ]) {
      expect(rejection(parseVerifierKey(bad))?.code).toBe('NOTE_MALFORMED');
    }
    expect(rejection(parseVerifierKey(`${name}+${id}+AgAA`))?.message).toContain('type 1');
  });

  test('needs a name that can stand in a line', () => {
    expect(() => noteVerifierKey('two words', keys[0]!.publicKey)).toThrow('name');
    expect(() => noteSignatureLine('', keys[0]!.publicKey, new Uint8Array(64))).toThrow('name');
  });
});
