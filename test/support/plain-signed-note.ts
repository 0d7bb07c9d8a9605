/**
 * A verifier of C2SP signed notes written from that text alone, with node:crypto and none of our code: what an outsider
 * would use to open our checkpoints.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';

export interface PlainNote {
  readonly text: string;
  /** Names of the keys whose lines are valid. */
  readonly signers: readonly string[];
}

interface PlainKey {
  readonly name: string;
  readonly id: Buffer;
  readonly rawKey: Buffer;
}

/** Algorithm identifier and bit string header that turn 32 raw bytes into a SubjectPublicKeyInfo (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function readVerifierKey(vkey: string): PlainKey {
  const [name = '', id = '', ...rest] = vkey.split('+');
  const material = Buffer.from(rest.join('+'), 'base64');
  if (material[0] !== 1 || material.length !== 33) throw new Error('not an Ed25519 verifier key');
  const digest = createHash('sha256').update(name).update('\n').update(material).digest();
  if (digest.subarray(0, 4).toString('hex') !== id) throw new Error('key id does not match');
  return { name, id: digest.subarray(0, 4), rawKey: material.subarray(1) };
}

/** Opens `note` with verifier keys (vkeys); throws when a known key's line is wrong or no known key signed. */
export function openPlainNote(note: string, vkeys: readonly string[]): PlainNote {
  const keys = vkeys.map(readVerifierKey);
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new Error('not a note');
  const text = note.slice(0, end + 1);
  const signers: string[] = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const match = /^\u2014 ([^ +]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    if (match === null) throw new Error(`not a signature line: ${line}`);
    const blob = Buffer.from(match[2]!, 'base64');
    const key = keys.find(({ name, id }) => name === match[1] && id.equals(blob.subarray(0, 4)));
    if (key === undefined) continue;
    const publicKey = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, key.rawKey]),
      format: 'der',
      type: 'spki',
    });
    if (!verify(null, Buffer.from(text), publicKey, blob.subarray(4)))
      throw new Error(`bad signature of ${key.name}`);
    signers.push(key.name);
  }
  if (signers.length === 0) throw new Error('no known key signed the note');
  return { text, signers };
}
