import { describe, expect, it } from '@jest/globals';
import { acceptsMediaType, chooseMediaType } from './accepts-media-type.js';

describe('acceptsMediaType', () => {
  it.each([
    [undefined, true],
    ['*/*', true],
    ['application/json', true],
    ['APPLICATION/JSON', true],
    ['application/*;q=0.2', true],
    ['text/html, application/json ; q=0.5', true],
    ['text/html', false],
    ['application/json;q=0', false],
    ['application/json;q=0.000, */*', false],
    ['*/*;q=0, application/json', true],
    ['application/*;q=0, */*', false],
    ['application/jsonx', false],
    ['', false],
  ])('%s → %s', (accept, accepted) => {
    expect(acceptsMediaType(accept, 'application/json')).toBe(accepted);
  });
});

describe('chooseMediaType', () => {
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/cbor', 'application/cbor'],
    ['application/cbor, */*;q=0.1', 'application/cbor'],
    ['application/json;q=0.5, application/cbor;q=0.6', 'application/cbor'],
    ['application/json;q=0, */*', 'application/cbor'],
    ['text/html', undefined],
  ])('%s → %s', (accept, chosen) => {
    expect(chooseMediaType(accept, ['application/json', 'application/cbor'])).toBe(chosen);
  });
});
