import { describe, expect, test } from '@jest/globals';
import { ed25519Verifier, publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import {
  formatNote,
  noteSignatureLine,
  noteVerifierKey,
  parseVerifierKey,
  verifyNote,
} from '../../src/protocol/crypto/signed-note.js';
import { checkpointOrigin, checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { ChainId, Digest } from '../../src/protocol/primitives/identifiers.js';
import { openPlainNote } from '../support/plain-signed-note.js';
import { describeWithShared, readSharedJson } from '../support/shared-files.js';

interface PublishedNotes {
  readonly notes: readonly { name: string; vkey: string; note: string; valid: boolean }[];
  readonly tessera: { readonly vkey: string };
}

describeWithShared('vectors/signed-note/notes.json', 'signed notes, published answers', () => {
  const { notes, tessera } = readPublishedNotes();

  test.each(notes)('$name', ({ vkey, note, valid }) => {
    const key = parseVerifierKey(vkey);
    expect(key.ok).toBe(true);
    if (!key.ok) return;
    expect(verifyNote(note, [key.value], ed25519Verifier).ok).toBe(valid);
    expect(noteVerifierKey(key.value.name, key.value.publicKey)).toBe(vkey);
    expect(openPlainNote(note, [vkey]).signers).toEqual([key.value.name]);
  });

  test('a published log key', () => {
    const key = parseVerifierKey(tessera.vkey);
    expect(key.ok && noteVerifierKey(key.value.name, key.value.publicKey)).toBe(tessera.vkey);
  });
});

function readPublishedNotes(): PublishedNotes {
  return readSharedJson<PublishedNotes>('vectors/signed-note/notes.json');
}

describe('our checkpoints, opened by a plain signed-note verifier', () => {
  const chainId = 'ab'.repeat(32) as ChainId;
  const text = checkpointText(checkpointOrigin('quality-chain', chainId), 41, 'cd'.repeat(32) as Digest);
  const signers = ['acme', 'globex', 'initech'].map((name, index) => {
    const seed = new Uint8Array(32).fill(index + 1);
    const publicKey = publicKeyOfSeed(seed);
    const line = noteSignatureLine(name, publicKey, signMessage(seed, utf8ToBytes(text)));
    return { name, line, vkey: noteVerifierKey(name, publicKey) };
  });
  const note = formatNote(
    text,
    signers.map(({ line }) => line),
  );
  const vkeys = signers.map(({ vkey }) => vkey);

  test('all lines count', () => {
    expect(openPlainNote(note, vkeys)).toEqual({ text, signers: ['acme', 'globex', 'initech'] });
  });

  test('another tree size does not open', () => {
    expect(() => openPlainNote(note.replace('\n42\n', '\n43\n'), vkeys)).toThrow('bad signature of acme');
  });
});
