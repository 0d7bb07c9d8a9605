/**
 * One line of a replayed file: an EPCIS document as it stands, or {"submitter", "document"}. A submitter belongs to
 * organisation number (SHA-256 of its UTF-8 text, read as one big-endian number) mod (number of organisations), counted
 * in the order of their names; a bare document belongs to the first.
 */
import { sha256 } from '../../protocol/crypto/sha256.js';
import { utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { sliceMembers } from './json-member-slice.js';

export interface CaptureLine {
  /** Position in the list of organisations, sorted by name. */
  readonly organisationIndex: number;
  /** Exact bytes of the document in the line. */
  readonly document: Uint8Array;
  readonly eventCount: number;
}

export type CaptureLineReading =
  { readonly ok: true; readonly line: CaptureLine } | { readonly ok: false; readonly message: string };

/** A line beyond this is refused unread: no document of that size fits into a transaction. */
export const LINE_BYTES_MAX = 4 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function organisationOfSubmitter(submitter: string, organisationCount: number): number {
  let remainder = 0;
  for (const byte of sha256(utf8ToBytes(submitter))) remainder = (remainder * 256 + byte) % organisationCount;
  return remainder;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Number of events; `undefined` when this is no EPCIS document. */
function eventCountOf(document: unknown): number | undefined {
  if (!isObject(document) || document['type'] !== 'EPCISDocument' || !isObject(document['epcisBody']))
    return undefined;
  const events = document['epcisBody']['eventList'];
  return Array.isArray(events) ? events.length : undefined;
}

function trimSpace(bytes: Uint8Array): Uint8Array {
  const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes[start])) start++;
  while (end > start && isSpace(bytes[end - 1])) end--;
  return bytes.subarray(start, end);
}

function refuse(message: string): CaptureLineReading {
  return { ok: false, message };
}

function readWrapped(
  bytes: Uint8Array,
  value: Record<string, unknown>,
  organisationCount: number,
): CaptureLineReading {
  const { submitter, document } = value;
  if (typeof submitter !== 'string') return refuse('"submitter" is not a text');
  const eventCount = eventCountOf(document);
  if (eventCount === undefined) return refuse('"document" is not an EPCIS document with epcisBody.eventList');
  const slices = sliceMembers(bytes, 'document');
  const [slice] = slices;
  if (slice === undefined || slices.length !== 1 || sliceMembers(bytes, 'submitter').length !== 1) {
    return refuse('"submitter" or "document" stands there more than once');
  }
  const organisationIndex = organisationOfSubmitter(submitter, organisationCount);
  return { ok: true, line: { organisationIndex, document: slice, eventCount } };
}

/** Reads one line without its line feed; `undefined` for an empty one. */
export function readCaptureLine(line: Uint8Array, organisationCount: number): CaptureLineReading | undefined {
  if (line.length > LINE_BYTES_MAX) return refuse(`the line has more than ${LINE_BYTES_MAX} bytes`);
  const bytes = trimSpace(line);
  if (bytes.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    return refuse(`not JSON in UTF-8: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isObject(value) && 'document' in value) return readWrapped(bytes, value, organisationCount);
  const eventCount = eventCountOf(value);
  if (eventCount === undefined) return refuse('neither an EPCIS document nor {"submitter", "document"}');
  return { ok: true, line: { organisationIndex: 0, document: bytes.slice(), eventCount } };
}
