import { describe, expect, it } from '@jest/globals';
import { GovernanceBench } from '../../../../test/support/governance-bench.js';
import { utf8ToBytes } from '../../../protocol/primitives/bytes.js';
import { LedgerError } from '../../../protocol/primitives/ledger-error.js';
import { admissionToRequest, requestToAdmission, type JoinRequest } from './join-request.js';

const bench = new GovernanceBench();
const { chainId } = bench.ledger.genesis;
const admission = bench.admission('hooli');
const request = admissionToRequest(admission, chainId);

function read(value: unknown) {
  return requestToAdmission(utf8ToBytes(JSON.stringify(value)), 'hooli.json', chainId);
}

function refusal(value: unknown): string {
  try {
    read(value);
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'JOIN_REQUEST_INVALID') return error.message;
    throw error;
  }
  throw new Error('it was read');
}

describe('a join request', () => {
  it('is the admission that it was made of', () => {
    expect(Object.keys(request)).toEqual([
      'format',
      'chainId',
      'organisation',
      'ledgerKey',
      'ledgerKeyPossession',
      'address',
      'admin',
    ]);
    expect(read(request)).toEqual(admission);
  });

  it('is executed as it was read', () => {
    bench.pass(read(request));
    expect(bench.organisation('hooli')).toMatchObject({ address: 'hooli.example:7050' });
  });

  const other = bench.admission('initech');
  const otherRequest = admissionToRequest(other, chainId);
  const admin = (changed: Partial<JoinRequest['admin']>) => ({
    ...request,
    admin: { ...request.admin, ...changed },
  });

  it.each<readonly [string, unknown]>([
    ['no object', null],
    ['no object', []],
    ['no object', 'text'],
    ['has an unknown field url', { ...request, url: 'x' }],
    ['has no text address', { ...request, address: undefined }],
    ['has no text ledgerKey', { ...request, ledgerKey: 7 }],
    ['its admin is no object', { ...request, admin: 'auditor' }],
    ['its admin has an unknown field roles', { ...request, admin: { ...request.admin, roles: [] } }],
    ['its admin has no text possession', admin({ possession: undefined as never })],
    ['not a request of the format', { ...request, format: 'countersign-join-request/v2' }],
    ['is for chain', { ...request, chainId: 'ab'.repeat(32) }],
    ['names no organisation', { ...request, organisation: 'Hooli' }],
    ['names no address', { ...request, address: 'hooli.example' }],
    ['names no admin', admin({ name: '' })],
    ['no usable Ed25519 key', { ...request, ledgerKey: '00'.repeat(32) }],
    ['no usable Ed25519 key', { ...request, ledgerKey: request.ledgerKey.toUpperCase() }],
    ['no usable Ed25519 key', admin({ publicKey: 'ab' as never })],
    ['its ledger key belongs', { ...request, ledgerKey: otherRequest.ledgerKey }],
    ['its ledger key belongs', { ...request, ledgerKeyPossession: otherRequest.ledgerKeyPossession }],
    ['its ledger key belongs', { ...request, ledgerKeyPossession: 'AAAA' }],
    ['its ledger key belongs', { ...request, organisation: 'vandal' }],
    ["its admin's key belongs", admin({ name: 'other' })],
    ["its admin's key belongs", admin({ possession: `${request.admin.possession}=` })],
  ])('is refused: %s', (what, value) => {
    expect(refusal(value)).toContain(what);
    expect(refusal(value)).toMatch(/^hooli\.json /);
  });

  it('is refused when it is no JSON, or too long', () => {
    for (const bytes of [utf8ToBytes('{'), Uint8Array.of(0xff), new Uint8Array(16_385)])
      expect(() => requestToAdmission(bytes, 'hooli.json', chainId)).toThrow(LedgerError);
  });
});
