import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utf8ToBytes } from '../../primitives/bytes.js';
import { formatJsonPointer, parseJsonPointer, resolveJsonPointer } from './json-pointer.js';
import { parseStrictJson } from './parse-strict-json.js';

const RFC_6901_DOCUMENT =
  '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}';

function resolve(pointer: string) {
  const document = parseStrictJson(utf8ToBytes(RFC_6901_DOCUMENT));
  const tokens = parseJsonPointer(pointer);
  if (!document.ok || tokens === undefined) throw new Error('not a document or not a pointer');
  return resolveJsonPointer(document.value, tokens)?.value;
}

describe('JSON pointers', () => {
  it.each([
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%s points at %j (RFC 6901, section 5)', (pointer, value) => {
    expect(resolve(pointer)).toBe(value);
  });

  it.each([
    '/foo/2',
    '/foo/-',
    '/foo/00',
    '/foo/+1',
    '/foo/0/x',
    '/bar',
    '/foo/1e0',
    '/constructor',
    '/foo/length',
  ])('%s points at nothing', (pointer) => {
    expect(resolve(pointer)).toBeUndefined();
  });

  it.each(['foo', '~', '/~', '/~2', '/a~', '#/foo', ' /foo'])('%j is not a pointer', (text) => {
    expect(parseJsonPointer(text)).toBeUndefined();
  });

  it('the empty pointer is the document', () => {
    expect(parseJsonPointer('')).toEqual([]);
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (tokens) => {
        expect(parseJsonPointer(formatJsonPointer(tokens))).toEqual(tokens);
      }),
    );
  });
});
