import { describe, expect, it } from '@jest/globals';
import { byteaArray, int4Array, int8Array } from './binary-array.js';

// Known answers: SELECT encode(array_send(…), 'hex') of PostgreSQL 18.
describe('binary arrays', () => {
  it('are what array_send writes', () => {
    const header = (oid: string, count: string) => `0000000100000000${oid}${count}00000001`;
    expect(int4Array([1, -1]).toString('hex')).toBe(
      `${header('00000017', '00000002')}000000040000000100000004ffffffff`,
    );
    expect(int8Array([Number.MAX_SAFE_INTEGER, 0]).toString('hex')).toBe(
      `${header('00000014', '00000002')}00000008001fffffffffffff000000080000000000000000`,
    );
    expect(byteaArray([Uint8Array.of(1, 2, 3), new Uint8Array(0)]).toString('hex')).toBe(
      `${header('00000011', '00000002')}0000000301020300000000`,
    );
  });

  it('refuse a number that does not fit', () => {
    expect(() => int4Array([2 ** 31])).toThrow('out of range');
    expect(() => int8Array([2 ** 64])).toThrow('out of range');
  });
});
