import { describe, expect, it } from '@jest/globals';
import { organisationOfSubmitter, readCaptureLine } from './capture-line.js';
import { sliceMembers } from './json-member-slice.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);
const document = '{ "type":"EPCISDocument", "epcisBody": {"eventList":[ {"a":1.0}, {"b":"}\\"," } ]} }';

describe('readCaptureLine', () => {
  it('takes the exact bytes of the document, spaces and escapes included', () => {
    const reading = readCaptureLine(
      bytes(` {"x":[1,{"document":2}], "document" : ${document} ,"submitter":"s"}\r`),
      4,
    );
    expect(reading?.ok === true && text(reading.line.document)).toBe(document);
    expect(reading?.ok === true && reading.line.eventCount).toBe(2);
  });

  it('gives a bare document to the first organisation', () => {
    const reading = readCaptureLine(bytes(`  ${document}  `), 4);
    expect(reading?.ok === true && [reading.line.organisationIndex, text(reading.line.document)]).toEqual([
      0,
      document,
    ]);
  });

  it('skips empty lines', () => {
    expect(readCaptureLine(bytes(' \t\r'), 4)).toBeUndefined();
  });

  it.each([
    ['not JSON', '{"submitter"'],
    ['not an object', '[]'],
    ['another object', '{"type":"Invoice"}'],
    ['a submitter that is no text', `{"submitter":1,"document":${document}}`],
    ['a document that is none', '{"submitter":"s","document":{"type":"EPCISDocument"}}'],
    ['the document twice', `{"submitter":"s","document":${document},"document":${document}}`],
    ['the submitter twice', `{"submitter":"s","submitter":"t","document":${document}}`],
  ])('refuses %s', (_name, line) => {
    expect(readCaptureLine(bytes(line), 4)).toMatchObject({ ok: false });
  });

  it('refuses malformed UTF-8', () => {
    expect(readCaptureLine(Uint8Array.of(0x22, 0xff, 0x22), 4)).toMatchObject({ ok: false });
  });

  it('refuses a line beyond the bound', () => {
    expect(readCaptureLine(new Uint8Array(4 * 1024 * 1024 + 1), 4)).toMatchObject({ ok: false });
  });
});

describe('organisationOfSubmitter', () => {
  it('is the digest as a big-endian number modulo the count', () => {
    // SHA-256("abc") ends in …15ad (FIPS 180-4 example).
    expect(organisationOfSubmitter('abc', 4)).toBe(0xad % 4);
    const digest = BigInt('0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(organisationOfSubmitter('abc', 7)).toBe(Number(digest % 7n));
  });
});

describe('sliceMembers', () => {
  it('finds escaped keys and every kind of value', () => {
    const object = bytes('{"\\u0061":null,"b":-1.5e3 ,"a":"}","c":[{"a":0}],"a":{}}');
    expect(sliceMembers(object, 'a').map(text)).toEqual(['null', '"}"', '{}']);
    expect(sliceMembers(object, 'b').map(text)).toEqual(['-1.5e3']);
    expect(sliceMembers(bytes('{}'), 'a')).toEqual([]);
  });
});
