import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  documentCommand,
  epcisCommand,
  testGenesis,
  testSeed,
} from '../../../test/support/signed-transactions.js';
import { revokeIdentity } from '../../../test/support/identity-commands.js';
import { publicKeyOfSeed } from '../crypto/ed25519.js';
import { CUSTODIES, ROLES } from '../ledger/identity.js';
import type { PublicKey } from '../primitives/identifiers.js';
import { stateKey } from '../state/state-key.js';
import { PrefetchedState } from '../state/state-view.js';
import { genesisState } from './genesis-state.js';
import { isPermitted, roleNeeded } from './permissions.js';
import {
  bitsToRoles,
  decodeIdentityEntry,
  encodeIdentityEntry,
  identityStateKey,
  isLastingAdmin,
  rolesToBits,
  type IdentityEntry,
} from './identity-entry.js';
import { encodeOrganisationEntry, organisationStateKey } from './organisation-entry.js';
import { encodeSigner, resolveSigner, signerKey } from './signer.js';

const entries = genesisState(testGenesis());
const view = new PrefetchedState(entries.map(({ key, value }) => [key, value] as const));
const submitter = publicKeyOfSeed(testSeed('acme/submitter'));
const ACME = {
  ledgerKey: publicKeyOfSeed(testSeed('acme')),
  address: undefined,
  admittedHeight: 0,
  removedHeight: 0,
};
const stranger = publicKeyOfSeed(testSeed('nobody'));

describe('genesis state', () => {
  it('founds parameters, validators, organisations, identities and signers, each key once', () => {
    expect(entries).toHaveLength(2 + 4 + 4 + 8 + 8);
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
    expect(view.get(stateKey('organisation', 'globex'))).toBeDefined();
    expect(view.get(stateKey('identity', 'globex', 'auditor'))).toBeDefined();
    expect(view.get(stateKey('parameters'))).toBeDefined();
    expect(view.get(stateKey('validators', 'in-force'))).toBeDefined();
  });
});

describe('resolveSigner', () => {
  it('names the identity of a key and its rights', () => {
    expect(resolveSigner(view, submitter, 1)).toEqual({
      identity: 'acme/submitter',
      organisation: 'acme',
      name: 'submitter',
      roles: ['submitter'],
      custody: 'self',
      validFromHeight: 0,
      validUntilHeight: 0,
      refusal: undefined,
    });
    expect(resolveSigner(view, publicKeyOfSeed(testSeed('umbrella/auditor')), 1)?.roles).toEqual([
      'auditor',
      'admin',
    ]);
  });

  it('knows no stranger and no organisation key', () => {
    const founded = new Map(entries.map(({ key, value }) => [key, value] as const));
    for (const key of [stranger, publicKeyOfSeed(testSeed('acme'))]) {
      const state = new PrefetchedState([...founded, [signerKey(key), undefined]]);
      expect(resolveSigner(state, key, 1)).toBeUndefined();
    }
  });

  it('says of each height whether the key may sign', () => {
    const entry: IdentityEntry = {
      algorithm: 'ed25519',
      publicKey: stranger,
      rights: { roles: ['auditor'], custody: 'node', validFromHeight: 5, validUntilHeight: 7 },
      revoked: false,
      registeredHeight: 2,
      changedHeight: 3,
    };
    const refusalAt = (height: number, changed: Partial<IdentityEntry> = {}, removedHeight = 0) => {
      const state = new PrefetchedState([
        [signerKey(stranger), encodeSigner({ organisation: 'acme', name: 'guest' })],
        [identityStateKey('acme', 'guest'), encodeIdentityEntry({ ...entry, ...changed })],
        [organisationStateKey('acme'), encodeOrganisationEntry({ ...ACME, removedHeight })],
      ]);
      return resolveSigner(state, stranger, height)?.refusal;
    };
    expect([4, 5, 7, 8].map((height) => refusalAt(height))).toEqual([
      'SIGNER_NOT_VALID_YET',
      undefined,
      undefined,
      'SIGNER_EXPIRED',
    ]);
    expect(refusalAt(6, { revoked: true })).toBe('SIGNER_REVOKED');
    expect(refusalAt(6, { publicKey: submitter })).toBe('SIGNER_REVOKED');
    expect(refusalAt(4, { revoked: true })).toBe('SIGNER_REVOKED');
    expect([5, 6, 9].map((height) => refusalAt(height, {}, 6))).toEqual([
      undefined,
      'SIGNER_ORGANISATION_REMOVED',
      'SIGNER_ORGANISATION_REMOVED',
    ]);
    expect(refusalAt(6, { revoked: true }, 6)).toBe('SIGNER_ORGANISATION_REMOVED');
  });

  it('stops at an entry that this ledger never wrote', () => {
    const value = encodeSigner({ organisation: 'acme', name: 'submitter' });
    for (const broken of [value.subarray(1), new Uint8Array(0), Uint8Array.of(2, ...value.subarray(1))]) {
      const state = new PrefetchedState([[signerKey(stranger), broken]]);
      expect(() => resolveSigner(state, stranger, 1)).toThrow('signer');
    }
    const orphan = new PrefetchedState([
      [signerKey(stranger), value],
      [identityStateKey('acme', 'submitter'), undefined],
    ]);
    expect(() => resolveSigner(orphan, stranger, 1)).toThrow('acme/submitter');
  });
});

describe('identity entries', () => {
  it('read back as they were written, and nothing else does', () => {
    const hex64 = fc.stringMatching(/^[0-9a-f]{64}$/);
    const height = fc.maxSafeNat();
    const any = fc.record({
      algorithm: fc.constant('ed25519' as const),
      publicKey: hex64.map((hex) => hex as PublicKey),
      rights: fc.record({
        roles: fc.subarray([...ROLES]),
        custody: fc.constantFrom(...CUSTODIES),
        validFromHeight: height,
        validUntilHeight: height,
      }),
      revoked: fc.boolean(),
      registeredHeight: height,
      changedHeight: height,
    });
    fc.assert(
      fc.property(any, (entry) => {
        const bytes = encodeIdentityEntry(entry);
        expect(decodeIdentityEntry(bytes)).toEqual(entry);
        expect(() => decodeIdentityEntry(bytes.subarray(1))).toThrow('identity entry');
      }),
    );
  });

  it('name as a lasting admin only one that can govern now and without end', () => {
    const admin: IdentityEntry = {
      algorithm: 'ed25519',
      publicKey: stranger,
      rights: { roles: ['auditor', 'admin'], custody: 'self', validFromHeight: 5, validUntilHeight: 0 },
      revoked: false,
      registeredHeight: 1,
      changedHeight: 5,
    };
    expect(isLastingAdmin(admin)).toBe(true);
    expect(isLastingAdmin({ ...admin, revoked: true })).toBe(false);
    expect(isLastingAdmin({ ...admin, changedHeight: 4 })).toBe(false);
    expect(isLastingAdmin({ ...admin, rights: { ...admin.rights, roles: ['auditor'] } })).toBe(false);
    expect(isLastingAdmin({ ...admin, rights: { ...admin.rights, validUntilHeight: 9 } })).toBe(false);
  });
});

describe('roles', () => {
  it('are a set: every subset is one byte', () => {
    for (let bits = 0; bits < 2 ** ROLES.length; bits++) {
      expect(rolesToBits(bitsToRoles(bits))).toBe(bits);
      expect(rolesToBits(bitsToRoles(bits).toReversed())).toBe(bits);
    }
  });

  it('give the right to record to submitters only, to govern to admins only: no role implies another', () => {
    for (const role of ROLES) {
      const signer = { roles: [role] };
      expect(isPermitted(signer, documentCommand(['s']))).toBe(role === 'submitter');
      expect(isPermitted(signer, epcisCommand([]))).toBe(role === 'submitter');
      expect(isPermitted(signer, revokeIdentity('guest'))).toBe(role === 'admin');
    }
    expect(roleNeeded(epcisCommand([]))).toBe('submitter');
  });
});
