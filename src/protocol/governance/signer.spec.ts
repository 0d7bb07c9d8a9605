import { describe, expect, it } from '@jest/globals';
import {
  documentCommand,
  epcisCommand,
  testGenesis,
  testSeed,
} from '../../../test/support/signed-transactions.js';
import { publicKeyOfSeed } from '../crypto/ed25519.js';
import { ROLES } from '../ledger/identity.js';
import { stateKey } from '../state/state-key.js';
import { PrefetchedState } from '../state/state-view.js';
import { genesisState } from './genesis-state.js';
import { isPermitted, roleNeeded } from './permissions.js';
import { bitsToRoles, encodeSigner, resolveSigner, rolesToBits, signerKey } from './signer.js';

const entries = genesisState(testGenesis());
const view = new PrefetchedState(entries.map(({ key, value }) => [key, value] as const));
const submitter = publicKeyOfSeed(testSeed('acme/submitter'));
const stranger = publicKeyOfSeed(testSeed('nobody'));

describe('genesis state', () => {
  it('founds parameters, validators, organisations, identities and signers, each key once', () => {
    expect(entries).toHaveLength(2 + 4 + 8 + 8);
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
    expect(view.get(stateKey('organisation', 'globex'))).toBeDefined();
    expect(view.get(stateKey('identity', 'globex', 'auditor'))).toBeDefined();
    expect(view.get(stateKey('parameters'))).toBeDefined();
    expect(view.get(stateKey('validators', 'in-force'))).toBeDefined();
  });
});

describe('resolveSigner', () => {
  it('names the identity, the organisation and the roles of a key', () => {
    expect(resolveSigner(view, submitter)).toEqual({
      identity: 'acme/submitter',
      organisation: 'acme',
      name: 'submitter',
      roles: ['submitter'],
    });
    expect(resolveSigner(view, publicKeyOfSeed(testSeed('umbrella/auditor')))?.roles).toEqual([
      'auditor',
      'admin',
    ]);
  });

  it('knows no stranger and no organisation key', () => {
    const founded = new Map(entries.map(({ key, value }) => [key, value] as const));
    for (const key of [stranger, publicKeyOfSeed(testSeed('acme'))]) {
      const state = new PrefetchedState([...founded, [signerKey(key), undefined]]);
      expect(resolveSigner(state, key)).toBeUndefined();
    }
  });

  it('stops at an entry that this ledger never wrote', () => {
    const value = encodeSigner('acme', 'submitter', ['submitter']);
    for (const broken of [value.subarray(1), new Uint8Array(0), Uint8Array.of(2, ...value.subarray(1))]) {
      const state = new PrefetchedState([[signerKey(stranger), broken]]);
      expect(() => resolveSigner(state, stranger)).toThrow('signer');
    }
  });
});

describe('roles', () => {
  it('are a set: every subset is one byte', () => {
    for (let bits = 0; bits < 2 ** ROLES.length; bits++) {
      expect(rolesToBits(bitsToRoles(bits))).toBe(bits);
      expect(rolesToBits(bitsToRoles(bits).toReversed())).toBe(bits);
    }
  });

  it('give the right to record to submitters only: no role implies another', () => {
    for (const role of ROLES) {
      const signer = { roles: [role] };
      expect(isPermitted(signer, documentCommand(['s']))).toBe(role === 'submitter');
      expect(isPermitted(signer, epcisCommand([]))).toBe(role === 'submitter');
    }
    expect(roleNeeded(epcisCommand([]))).toBe('submitter');
  });
});
