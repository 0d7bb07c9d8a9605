/**
 * Quantities are JavaScript numbers that are safe integers, 0 ≤ x ≤ 2^53 − 1, written as u64 in canonical bytes.
 * Reaching the end of the range is a broken invariant, not an overflow.
 */
import { InvariantViolation } from './invariant.js';

export function isCheckedInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

export function checkedInteger(value: number, name: string): number {
  // Not `invariant`, which would make its message for every good value too.
  if (!isCheckedInteger(value))
    throw new InvariantViolation(`${name} is not an integer in 0..2^53-1: ${value}`);
  return value;
}

/** A u64 from the wire as a number; `undefined` when it is out of range. */
export function bigintToInteger(value: bigint): number | undefined {
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
