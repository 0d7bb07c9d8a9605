/**
 * What a node and an external signer say to each other: JSON, one message a line, over a local socket (docs/SIGNER.md). The
 * signer holds the private keys; the node sends what is to be signed and gets signatures.
 */
import { isHex64, type PublicKey, type Signature } from '../../protocol/primitives/identifiers.js';
import { bytesToBase64, parseBase64 } from '../../protocol/primitives/base64.js';

/** Of one line without its end; longer ones end the connection. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024;
export const MESSAGES_PER_REQUEST_MAX = 4_096;
const SIGNATURE_BYTES = 64;

export interface SignerKey {
  readonly name: string;
  readonly publicKey: PublicKey;
}

export type SignerRequest =
  | { readonly id: number; readonly method: 'keys' }
  | {
      readonly id: number;
      readonly method: 'sign';
      readonly publicKey: PublicKey;
      readonly messages: readonly Uint8Array[];
    };

export interface SignerFailure {
  readonly code: string;
  readonly message: string;
}

export type SignerAnswer =
  | { readonly id: number; readonly keys: readonly SignerKey[] }
  | { readonly id: number; readonly signatures: readonly Signature[] }
  | { readonly id: number; readonly error: SignerFailure };

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

function parseId({ id }: JsonObject): number | undefined {
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
}

/** Canonical base64 of every item; `undefined` when one is not. */
function parseByteStrings(value: unknown, countMax: number): readonly Uint8Array[] | undefined {
  if (!Array.isArray(value) || value.length > countMax) return undefined;
  const all = value.map((item: unknown) => (typeof item === 'string' ? parseBase64(item) : undefined));
  return all.every((item) => item !== undefined) ? all : undefined;
}

function parseKeys(value: unknown): readonly SignerKey[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const keys = value.map((item: unknown): SignerKey | undefined => {
    if (typeof item !== 'object' || item === null) return undefined;
    const { name, publicKey, algorithm } = item as JsonObject;
    if (algorithm !== 'ed25519' || typeof name !== 'string') return undefined;
    return typeof publicKey === 'string' && isHex64(publicKey)
      ? { name, publicKey: publicKey as PublicKey }
      : undefined;
  });
  return keys.every((key) => key !== undefined) ? keys : undefined;
}

/** `undefined` when the line is no request. */
export function parseSignerRequest(line: string): SignerRequest | undefined {
  const value = parseObject(line);
  const id = value === undefined ? undefined : parseId(value);
  if (value === undefined || id === undefined) return undefined;
  if (value['method'] === 'keys') return { id, method: 'keys' };
  const { method, publicKey } = value;
  const messages = parseByteStrings(value['messages'], MESSAGES_PER_REQUEST_MAX);
  if (method !== 'sign' || messages === undefined) return undefined;
  if (typeof publicKey !== 'string' || !isHex64(publicKey)) return undefined;
  return { id, method, publicKey: publicKey as PublicKey, messages };
}

/** `undefined` when the line is no answer. */
export function parseSignerAnswer(line: string): SignerAnswer | undefined {
  const value = parseObject(line);
  const id = value === undefined ? undefined : parseId(value);
  if (value === undefined || id === undefined) return undefined;
  const { error } = value;
  if (typeof error === 'object' && error !== null) {
    const { code, message } = error as JsonObject;
    return typeof code === 'string' && typeof message === 'string'
      ? { id, error: { code, message } }
      : undefined;
  }
  const keys = parseKeys(value['keys']);
  if (keys !== undefined) return { id, keys };
  const signatures = parseByteStrings(value['signatures'], MESSAGES_PER_REQUEST_MAX);
  return signatures?.every(({ length }) => length === SIGNATURE_BYTES) === true
    ? { id, signatures }
    : undefined;
}

/** With the end of the line. */
export function formatSignerRequest(request: SignerRequest): string {
  const { id, method } = request;
  if (request.method === 'keys') return `${JSON.stringify({ id, method })}\n`;
  const { publicKey, messages } = request;
  return `${JSON.stringify({ id, method, publicKey, messages: messages.map(bytesToBase64) })}\n`;
}

/** With the end of the line. */
export function formatSignerAnswer(answer: SignerAnswer): string {
  if ('keys' in answer) {
    const keys = answer.keys.map((key) => ({ ...key, algorithm: 'ed25519' }));
    return `${JSON.stringify({ id: answer.id, keys })}\n`;
  }
  if ('signatures' in answer)
    return `${JSON.stringify({ id: answer.id, signatures: answer.signatures.map(bytesToBase64) })}\n`;
  return `${JSON.stringify(answer)}\n`;
}

/** Cuts what arrives into lines. */
export class LineReader {
  private parts: Buffer[] = [];
  private length = 0;

  /** The lines that are complete now; `undefined` when one is longer than permitted. */
  push(chunk: Buffer): readonly string[] | undefined {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.add(chunk.subarray(from, end));
      if (this.length > LINE_BYTES_MAX) return undefined;
      lines.push(Buffer.concat(this.parts).toString('utf8'));
      this.parts = [];
      this.length = 0;
      from = end + 1;
    }
    this.add(chunk.subarray(from));
    return this.length > LINE_BYTES_MAX ? undefined : lines;
  }

  private add(part: Buffer): void {
    this.parts.push(part);
    this.length += part.length;
  }
}
