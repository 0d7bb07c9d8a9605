import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { concatBytes, utf8ToBytes } from '../../primitives/bytes.js';
import type { RejectionCode } from '../../primitives/rejection.js';
import type { JsonValue } from './json-value.js';
import { JSON_DEPTH_MAX, parseStrictJson } from './parse-strict-json.js';

function parse(text: string): JsonValue {
  const result = parseStrictJson(utf8ToBytes(text));
  if (!result.ok) throw new Error(result.rejection.message);
  return result.value;
}

/** What JSON.parse gives, so that it can judge us. */
function plain(value: JsonValue): unknown {
  if (value.type === 'array') return value.value.map(plain);
  if (value.type === 'object') {
    return Object.fromEntries(value.value.map((member) => [member.key, plain(member.value)]));
  }
  return value.value;
}

function refusal(bytes: Uint8Array | string) {
  const result = parseStrictJson(typeof bytes === 'string' ? utf8ToBytes(bytes) : bytes);
  return result.ok ? undefined : result.rejection;
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

const malformedTexts: readonly string[] = [
  '',
  ' ',
  '{',
  '[',
  '[1,]',
  '[1 2]',
  '[,1]',
  '{"a":1,}',
  '{"a" 1}',
  '{"a":}',
  '{a:1}',
  "{'a':1}",
  '{"a":1 "b":2}',
  '{1:2}',
  'tru',
  'nul',
  'falsy',
  'True',
  'NaN',
  'Infinity',
  '-Infinity',
  '-',
  '+1',
  '01',
  '-01',
  '00',
  '1.',
  '.5',
  '1e',
  '1e+',
  '1.e5',
  '0x10',
  '1_000',
  '"',
  '"abc',
  '"\\',
  '"\\"',
  '"\\x41"',
  '"\\u12"',
  '"\\u12G4"',
  '"\\u 123"',
  '"\\U0041"',
  '"a\nb"',
  '"a\tb"',
  '"\u0000"',
  '1 2',
  '{} {}',
  'null,',
  '[]]',
  '// comment\n1',
  '/* */1',
  '[1]\u00a0',
  '\u2028[1]',
  '\ufeff{}',
  '"\ufffe"',
  '"\\uffff"',
  '"\ufdd0"',
  '"\u{1fffe}"',
  '"\\ud83f\\udfff"',
];

describe('parseStrictJson', () => {
  it.each([
    'null',
    ' true ',
    'false',
    '0',
    '-0',
    '1.5e-3',
    '9007199254740991',
    '-9007199254740991',
    '0.1E+2',
    '1e-400',
    '""',
    '"\\u0041\\n\\/\\"\\\\"',
    '"\\ud83d\\ude00 😀 é €"',
    '[]',
    '{}',
    '[ 1 , [ ] , { } ]\r\n\t',
    '{"":{"":[null]},"a b":"c"}',
  ])('reads %j as JSON.parse does', (text) => {
    expect(plain(parse(text))).toEqual(JSON.parse(text));
  });

  it.each(malformedTexts)('refuses %j as malformed', (text) => {
    expect(refusal(text)?.code).toBe('JSON_MALFORMED');
  });

  it.each<[string, RejectionCode, string]>([
    ['{"a":1,"a":2}', 'JSON_DUPLICATE_KEY', '/a'],
    ['{"x":{"a":1,"b":2,"\\u0061":3}}', 'JSON_DUPLICATE_KEY', '/x/a'],
    ['{"é":1,"\\u00e9":2}', 'JSON_DUPLICATE_KEY', '/é'],
    ['{"__proto__":1,"__proto__":2}', 'JSON_DUPLICATE_KEY', '/__proto__'],
    ['{"a/b~c":[{"k":0,"k":0}]}', 'JSON_DUPLICATE_KEY', '/a~1b~0c/0/k'],
    ['["\\ud800"]', 'JSON_LONE_SURROGATE', '/0'],
    ['["\\udc00\\ud800"]', 'JSON_LONE_SURROGATE', '/0'],
    ['{"\\ud800":1}', 'JSON_LONE_SURROGATE', ''],
    ['"\\ud800\\u0041"', 'JSON_LONE_SURROGATE', ''],
    ['"\\ud800x"', 'JSON_LONE_SURROGATE', ''],
    ['[0,9007199254740992]', 'JSON_NUMBER_OUT_OF_RANGE', '/1'],
    ['-9007199254740992', 'JSON_NUMBER_OUT_OF_RANGE', ''],
    ['9007199254740993.0', 'JSON_NUMBER_OUT_OF_RANGE', ''],
    ['1e16', 'JSON_NUMBER_OUT_OF_RANGE', ''],
    ['1e400', 'JSON_NUMBER_OUT_OF_RANGE', ''],
    ['-1e400', 'JSON_NUMBER_OUT_OF_RANGE', ''],
    ['123456789012345678901234567890', 'JSON_NUMBER_OUT_OF_RANGE', ''],
    [nested(JSON_DEPTH_MAX + 1), 'JSON_TOO_DEEP', '/0'.repeat(JSON_DEPTH_MAX)],
    ['['.repeat(1_000_000), 'JSON_TOO_DEEP', '/0'.repeat(JSON_DEPTH_MAX)],
  ])('refuses %.40j with %s at %.20j', (text, code, field) => {
    expect(refusal(text)).toMatchObject({ code, field });
  });

  it('allows exactly the greatest depth', () => {
    expect(parse(nested(JSON_DEPTH_MAX)).type).toBe('array');
  });

  it('finds a duplicate among many members', () => {
    const members = Array.from({ length: 40 }, (_, index) => `"k${index}":0`);
    expect(parse(`{${members.join(',')}}`).type).toBe('object');
    expect(refusal(`{${members.join(',')},"k3":0}`)).toMatchObject({
      code: 'JSON_DUPLICATE_KEY',
      field: '/k3',
    });
    expect(refusal(`{${members.join(',')},"k39":0}`)).toMatchObject({
      code: 'JSON_DUPLICATE_KEY',
      field: '/k39',
    });
  });

  it('names the byte offset, also behind characters of several bytes', () => {
    expect(refusal('{"é😀":[1,x]}')?.message).toContain('at byte 13');
    expect(refusal('{"a":1,"a":2}')?.message).toContain('at byte 7');
  });

  it.each([
    [[0x80], 1],
    [[0xc0, 0x80], 1],
    [[0xc1, 0xbf], 1],
    [[0xe0, 0x80, 0x80], 1],
    [[0xed, 0xa0, 0x80], 1],
    [[0xf0, 0x80, 0x80, 0x80], 1],
    [[0xf4, 0x90, 0x80, 0x80], 1],
    [[0xf5, 0x80, 0x80, 0x80], 1],
    [[0xe2, 0x82], 1],
    [[0xc3, 0xa9, 0xff], 3],
  ])('refuses malformed UTF-8 %j', (inside, offset) => {
    const text = concatBytes(utf8ToBytes('"'), Uint8Array.from(inside), utf8ToBytes('"'));
    expect(refusal(text)?.code).toBe('JSON_MALFORMED');
    expect(refusal(text)?.message).toContain(`at byte ${offset}:`);
  });

  it('gives every value the bytes it was read from', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        const bytes = utf8ToBytes(text);
        const result = parseStrictJson(bytes);
        if (!result.ok) return;
        const check = (value: JsonValue): void => {
          const slice = parseStrictJson(bytes.subarray(value.start, value.end));
          expect(slice.ok && plain(slice.value)).toEqual(plain(value));
          if (value.type === 'array') value.value.forEach(check);
          if (value.type === 'object') value.value.forEach((member) => check(member.value));
        };
        check(result.value);
      }),
    );
  });

  it('agrees with JSON.parse on everything that it accepts, and accepts nothing that JSON.parse refuses', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.constantFrom('"', '\\', '{', ']', ',', ':', '1', 'e', '.', '-', ' ', 'é', '\\u0041'),
    );
    fc.assert(
      fc.property(fc.json(), fc.array(edit, { maxLength: 3 }), (json, edits) => {
        let text = json;
        for (const [place, character] of edits) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + character + text.slice(at + 1);
        }
        const result = parseStrictJson(utf8ToBytes(text));
        if (result.ok) expect(plain(result.value)).toEqual(JSON.parse(text));
        else if (result.rejection.code === 'JSON_MALFORMED')
          expect(() => JSON.parse(text) as unknown).toThrow();
      }),
      { numRuns: 1_000 },
    );
  });

  it('is total on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(typeof parseStrictJson(bytes).ok).toBe('boolean');
      }),
    );
  });
});
