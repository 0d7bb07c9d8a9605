/**
 * PostgreSQL's binary form of one-dimensional arrays (array_send in its source): dimensions, has-nulls, element type, length,
 * lower bound, then each element with its length. The driver sends a Buffer as it is, so thousands of rows become a
 * handful of parameters without a detour over hexadecimal text.
 */
import { utf8ToBytes } from '../../protocol/primitives/bytes.js';

const HEADER_BYTES = 20;
const OID = { int4: 23, int8: 20, bytea: 17, text: 25 } as const;

export function byteaArray(values: readonly Uint8Array[]): Buffer {
  return bytesArray(values, OID.bytea);
}

export function textArray(values: readonly string[]): Buffer {
  return bytesArray(values.map(utf8ToBytes), OID.text);
}

function bytesArray(values: readonly Uint8Array[], elementType: number): Buffer {
  let length = HEADER_BYTES;
  for (const value of values) length += 4 + value.length;
  const array = allocate(length, elementType, values.length);
  let offset = HEADER_BYTES;
  for (const value of values) {
    offset = array.writeInt32BE(value.length, offset);
    array.set(value, offset);
    offset += value.length;
  }
  return array;
}

export function int4Array(values: readonly number[]): Buffer {
  const array = allocate(HEADER_BYTES + 8 * values.length, OID.int4, values.length);
  let offset = HEADER_BYTES;
  for (const value of values) {
    offset = array.writeInt32BE(4, offset);
    offset = array.writeInt32BE(value, offset);
  }
  return array;
}

/** Of safe integers. */
export function int8Array(values: readonly number[]): Buffer {
  const array = allocate(HEADER_BYTES + 12 * values.length, OID.int8, values.length);
  let offset = HEADER_BYTES;
  for (const value of values) {
    offset = array.writeInt32BE(8, offset);
    const upper = Math.floor(value / 0x1_0000_0000);
    offset = array.writeInt32BE(upper, offset);
    offset = array.writeUInt32BE(value - upper * 0x1_0000_0000, offset);
  }
  return array;
}

function allocate(bytes: number, elementType: number, count: number): Buffer {
  const array = Buffer.allocUnsafe(bytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(0, 4);
  array.writeInt32BE(elementType, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  return array;
}
