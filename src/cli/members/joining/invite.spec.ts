import { describe, expect, it } from '@jest/globals';
import { testGenesisDocument } from '../../../../test/support/signed-transactions.js';
import { encodeGenesis } from '../../../protocol/ledger/genesis.js';
import { LedgerError } from '../../../protocol/primitives/ledger-error.js';
import { readInvite, writeInvite } from './invite.js';

const genesisBytes = encodeGenesis(testGenesisDocument());
const ADDRESSES = { acme: 'ledger.acme.example:7050', globex: '[2001:db8::1]:7050' };
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function problemOf(value: unknown): string {
  try {
    readInvite(value instanceof Uint8Array ? value : bytesOf(value), 'invite.json');
  } catch (error) {
    if (error instanceof LedgerError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('an invitation', () => {
  const invite = writeInvite(genesisBytes, ADDRESSES);

  it('gives the genesis file back byte for byte, and the addresses', () => {
    const read = readInvite(bytesOf(invite), 'invite.json');
    expect(read.genesisBytes).toEqual(genesisBytes);
    expect(read.genesis.chainId).toBe(invite.chainId);
    expect(read.addresses).toEqual(ADDRESSES);
  });

  it('is written from a genesis file with its newline as well, and from nothing else', () => {
    const withNewline = new Uint8Array([...genesisBytes, 10]);
    expect(writeInvite(withNewline, {})).toEqual({ ...invite, addresses: {} });
    expect(() => writeInvite(bytesOf({}), {})).toThrow('genesis');
  });

  it.each([
    ['another format', { ...invite, format: 'countersign-invite/v2' }, 'of the format'],
    ['a field more', { ...invite, members: [] }, 'unknown field members'],
    ['no addresses', { ...invite, addresses: [] }, 'names no addresses'],
    ['an address without port', { ...invite, addresses: { acme: 'acme.example' } }, 'acme no address'],
    ['an organisation that is none', { ...invite, addresses: { 'Acme!': 'a:1' } }, 'Acme! no address'],
    ['no genesis document', { ...invite, genesis: 'x' }, 'no genesis document'],
    ['a genesis document with a member less', { ...invite, genesis: {} }, 'that is none'],
    ['another chain', { ...invite, chainId: '0'.repeat(64) }, `is for chain ${'0'.repeat(64)}`],
    ['text', new TextEncoder().encode('hello'), 'is not JSON'],
    ['bytes that are no text', new Uint8Array([0xff]), 'is not JSON'],
    ['a list', [], 'of the format'],
  ])('is refused with %s', (_name, value, words) => {
    expect(problemOf(value)).toMatch(/^INVITE_INVALID /);
    expect(problemOf(value)).toContain(words);
  });
});
