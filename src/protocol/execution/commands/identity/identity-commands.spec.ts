import { describe, expect, it } from '@jest/globals';
import {
  changeIdentity,
  provenTestKey,
  registerIdentity,
  revokeIdentity,
  rotateIdentityKey,
  type RightsOptions,
} from '../../../../../test/support/identity-commands.js';
import { MemoryLedger } from '../../../../../test/support/memory-ledger.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
} from '../../../../../test/support/signed-transactions.js';
import { subjectFrontier } from '../../apply-records.js';
import {
  decodeIdentityCounts,
  encodeIdentityCounts,
  identityCountsStateKey,
} from '../../../governance/identity-counts.js';
import {
  decodeIdentityEntry,
  identityHistoryStateKey,
  identityStateKey,
} from '../../../governance/identity-entry.js';
import type { Command, IdentityKey } from '../../../ledger/transaction.js';
import { decodeCommand } from '../../../ledger/transaction.js';
import { IDENTITIES_PER_ORGANISATION_MAX } from '../../../ledger/genesis.js';
import type { PublicKey } from '../../../primitives/identifiers.js';
import { invariant } from '../../../primitives/invariant.js';

const genesis = testGenesis();
const { chainId } = genesis;

/** A ledger whose blocks are made of [signer, command]; a key is named by a text. */
class Bench {
  readonly ledger = new MemoryLedger(genesis);
  private made = 0;

  execute(...wanted: readonly (readonly [signer: string, command: Command])[]): readonly string[] {
    const transactions = wanted.map(([signer, command]) =>
      signTestTransaction({ chainId, signer, command, idempotencyKey: `k${this.made++}` }),
    );
    const { outcomes } = this.ledger.execute(transactions);
    return outcomes.map((outcome) => (outcome.code === 'FAILED' ? outcome.failure : outcome.code));
  }

  entry(organisation: string, name: string) {
    const value = this.ledger.state.get(identityStateKey(organisation, name));
    return value === undefined ? undefined : decodeIdentityEntry(value);
  }

  counts(organisation: string) {
    return decodeIdentityCounts(this.ledger.state.get(identityCountsStateKey(organisation)));
  }

  historyLength(organisation: string, name: string): number {
    return subjectFrontier(this.ledger.state.get(identityHistoryStateKey(organisation, name))).size;
  }
}

function key(named: string, name = 'guest', organisation = 'acme', chain = chainId): IdentityKey {
  return provenTestKey(chain, named, name, organisation);
}

const SUBMITTER: RightsOptions = { roles: ['submitter'] };
const record = documentCommand(['s']);
const register = (named = 'guest key', rights = SUBMITTER, name = 'guest') =>
  registerIdentity(name, key(named, name), rights);

describe('registerIdentity', () => {
  it('lets the identity sign from the next block on', () => {
    const bench = new Bench();
    expect(bench.execute(['acme/auditor', register()], ['guest key', record])).toEqual([
      'OK',
      'SIGNER_UNKNOWN',
    ]);
    expect(bench.execute(['guest key', record])).toEqual(['OK']);
    expect(bench.entry('acme', 'guest')).toEqual({
      algorithm: 'ed25519',
      publicKey: key('guest key').publicKey,
      rights: { roles: ['submitter'], custody: 'self', validFromHeight: 0, validUntilHeight: 0 },
      revoked: false,
      registeredHeight: 1,
      changedHeight: 1,
    });
    expect(bench.counts('acme')).toEqual({ identities: 3, lastingAdmins: 1 });
  });

  it('says in the outcome in whose custody the key is', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', register('guest key', { ...SUBMITTER, custody: 'node' })]);
    const transaction = signTestTransaction({
      ...{ chainId, signer: 'guest key', command: record, idempotencyKey: 'k' },
    });
    expect(bench.ledger.execute([transaction]).outcomes).toMatchObject([
      { code: 'OK', identity: 'acme/guest', custody: 'node' },
    ]);
  });

  it('is an admin’s, of the own organisation alone', () => {
    const bench = new Bench();
    expect(bench.execute(['acme/submitter', register()])).toEqual(['SIGNER_NOT_PERMITTED']);
    // The proof is for acme; signed by globex' admin the identity would be globex/guest.
    expect(bench.execute(['globex/auditor', register()])).toEqual(['POSSESSION_INVALID']);
    expect(bench.entry('globex', 'guest')).toBeUndefined();
  });

  it('refuses a name or a key that was ever used', () => {
    const bench = new Bench();
    expect(
      bench.execute(
        ['acme/auditor', register()],
        ['acme/auditor', register('other key')],
        ['acme/auditor', register('guest key', SUBMITTER, 'second')],
        ['acme/auditor', register('globex/submitter', SUBMITTER, 'second')],
        ['acme/auditor', register('acme/auditor', SUBMITTER, 'second')],
      ),
    ).toEqual(['OK', 'IDENTITY_EXISTS', 'KEY_IN_USE', 'KEY_IN_USE', 'KEY_IN_USE']);
    bench.execute(['acme/auditor', revokeIdentity('guest')]);
    expect(
      bench.execute(
        ['acme/auditor', register('other key')],
        ['acme/auditor', register('guest key', SUBMITTER, 'second')],
      ),
    ).toEqual(['IDENTITY_EXISTS', 'KEY_IN_USE']);
    expect(bench.counts('acme').identities).toBe(3);
  });

  it('refuses a proof for another chain, organisation, name or key, and none', () => {
    const bench = new Bench();
    const good = key('guest key');
    const flawed: readonly IdentityKey[] = [
      key('guest key', 'guest', 'acme', 'ab'.repeat(32) as typeof chainId),
      key('guest key', 'guest', 'globex'),
      key('guest key', 'other'),
      { ...good, possession: key('other key').possession },
      { ...good, possession: new Uint8Array(64) },
    ];
    for (const each of flawed)
      expect(bench.execute(['acme/auditor', registerIdentity('guest', each, SUBMITTER)])).toEqual([
        'POSSESSION_INVALID',
      ]);
  });

  it('refuses keys of small order and in non-canonical form, and rights that no identity may have', () => {
    const bench = new Bench();
    const { possession } = key('guest key');
    const keys = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
      'ff'.repeat(32),
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    ];
    for (const publicKey of keys) {
      const bad: IdentityKey = { algorithm: 'ed25519', publicKey: publicKey as PublicKey, possession };
      expect(
        bench.execute(
          ['acme/auditor', registerIdentity('guest', bad, SUBMITTER)],
          ['acme/auditor', rotateIdentityKey('submitter', bad)],
        ),
      ).toEqual(['KEY_INVALID', 'KEY_INVALID']);
    }
    const rights: readonly RightsOptions[] = [
      { roles: ['admin'], custody: 'node' },
      { roles: ['submitter'], validFromHeight: 9, validUntilHeight: 8 },
    ];
    for (const each of rights)
      expect(bench.execute(['acme/auditor', register('guest key', each)])).toEqual(['IDENTITY_INVALID']);
  });

  it('keeps an organisation within its number of identities', () => {
    const bench = new Bench();
    bench.ledger.state.set(
      identityCountsStateKey('acme'),
      encodeIdentityCounts({ identities: IDENTITIES_PER_ORGANISATION_MAX - 1, lastingAdmins: 1 }),
    );
    expect(
      bench.execute(
        ['acme/auditor', register()],
        ['acme/auditor', register('other key', SUBMITTER, 'second')],
        ['globex/auditor', registerIdentity('guest', key('third key', 'guest', 'globex'), SUBMITTER)],
      ),
    ).toEqual(['OK', 'IDENTITIES_TOO_MANY', 'OK']);
  });

  it('is replayed, not done again', () => {
    const ledger = new MemoryLedger(genesis);
    const fields = { chainId, signer: 'acme/auditor', idempotencyKey: 'k', command: register() };
    const first = signTestTransaction(fields);
    const again = signTestTransaction({ ...fields, validUntilHeight: 999 });
    expect(ledger.execute([first]).outcomes).toMatchObject([{ code: 'OK' }]);
    expect(ledger.execute([again]).outcomes).toMatchObject([{ code: 'REPLAYED', firstId: first.id }]);
  });
});

describe('changeIdentity', () => {
  it('replaces roles and validity from the next block on', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', register()]);
    const auditor = changeIdentity('guest', { roles: ['auditor'] });
    expect(bench.execute(['acme/auditor', auditor], ['guest key', record])).toEqual(['OK', 'OK']);
    expect(bench.execute(['guest key', record])).toEqual(['SIGNER_NOT_PERMITTED']);
    bench.execute([
      'acme/auditor',
      changeIdentity('guest', { ...SUBMITTER, validFromHeight: 6, validUntilHeight: 6 }),
    ]);
    expect([5, 6, 7].map(() => bench.execute(['guest key', record])[0])).toEqual([
      'SIGNER_NOT_VALID_YET',
      'OK',
      'SIGNER_EXPIRED',
    ]);
    expect(bench.entry('acme', 'guest')).toMatchObject({ registeredHeight: 1, changedHeight: 4 });
  });

  it('refuses an identity that is not there, of another organisation, or revoked', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', register()]);
    const change = changeIdentity('guest', SUBMITTER);
    expect(
      bench.execute(['globex/auditor', change], ['acme/auditor', changeIdentity('nobody', SUBMITTER)]),
    ).toEqual(['IDENTITY_UNKNOWN', 'IDENTITY_UNKNOWN']);
    bench.execute(['acme/auditor', revokeIdentity('guest')]);
    expect(
      bench.execute(
        ['acme/auditor', change],
        ['acme/auditor', revokeIdentity('guest')],
        ['acme/auditor', rotateIdentityKey('guest', key('other key'))],
      ),
    ).toEqual(['IDENTITY_REVOKED', 'IDENTITY_REVOKED', 'IDENTITY_REVOKED']);
  });
});

describe('rotateIdentityKey', () => {
  it('gives another key; the one before signs nothing more and is nobody else’s', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', register()]);
    const rotate = rotateIdentityKey('guest', key('new key'));
    expect(bench.execute(['acme/auditor', rotate], ['guest key', record])).toEqual(['OK', 'OK']);
    expect(bench.execute(['guest key', record], ['new key', record])).toEqual(['SIGNER_REVOKED', 'OK']);
    expect(
      bench.execute(
        ['acme/auditor', register('guest key', SUBMITTER, 'second')],
        ['acme/auditor', rotateIdentityKey('guest', key('guest key'))],
        ['acme/auditor', rotateIdentityKey('guest', key('new key'))],
      ),
    ).toEqual(['KEY_IN_USE', 'KEY_IN_USE', 'KEY_IN_USE']);
    expect(bench.entry('acme', 'guest')).toMatchObject({
      publicKey: key('new key').publicKey,
      rights: { roles: ['submitter'] },
    });
  });

  it('changes nothing when the new key is not free', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', register()]);
    expect(bench.execute(['acme/auditor', rotateIdentityKey('guest', key('globex/submitter'))])).toEqual([
      'KEY_IN_USE',
    ]);
    expect(bench.entry('acme', 'guest')).toMatchObject({
      publicKey: key('guest key').publicKey,
      changedHeight: 1,
    });
    expect(bench.execute(['guest key', record])).toEqual(['OK']);
  });
});

describe('revokeIdentity', () => {
  it('ends its right to sign for ever, and replays of what it did', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', register()]);
    expect(bench.execute(['acme/auditor', revokeIdentity('guest')])).toEqual(['OK']);
    expect(bench.execute(['guest key', record])).toEqual(['SIGNER_REVOKED']);
    expect(bench.counts('acme')).toEqual({ identities: 3, lastingAdmins: 1 });
  });
});

describe('the last admin', () => {
  const second = (rights: RightsOptions) => register('second key', rights, 'second');

  it('cannot be revoked, demoted or given an end', () => {
    const bench = new Bench();
    expect(
      bench.execute(
        ['acme/auditor', revokeIdentity('auditor')],
        ['acme/auditor', changeIdentity('auditor', { roles: ['auditor'] })],
        ['acme/auditor', changeIdentity('auditor', { roles: ['admin'], validUntilHeight: 1_000 })],
        ['acme/auditor', changeIdentity('auditor', { roles: ['admin'], validFromHeight: 1_000 })],
      ),
    ).toEqual(['LAST_ADMIN', 'LAST_ADMIN', 'LAST_ADMIN', 'LAST_ADMIN']);
    expect(bench.execute(['acme/auditor', rotateIdentityKey('auditor', key('k2', 'auditor'))])).toEqual([
      'OK',
    ]);
  });

  it('is not one that is valid later or for a time only', () => {
    const bench = new Bench();
    const revoke = revokeIdentity('auditor');
    bench.execute(['acme/auditor', second({ roles: ['admin'], validUntilHeight: 1_000 })]);
    expect(bench.execute(['acme/auditor', revoke])).toEqual(['LAST_ADMIN']);
    bench.execute(['acme/auditor', changeIdentity('second', { roles: ['admin'], validFromHeight: 1_000 })]);
    expect(bench.execute(['acme/auditor', revoke])).toEqual(['LAST_ADMIN']);
    bench.execute(['acme/auditor', changeIdentity('second', { roles: ['admin'] })]);
    expect(bench.execute(['acme/auditor', revoke])).toEqual(['OK']);
    expect(bench.counts('acme')).toEqual({ identities: 3, lastingAdmins: 1 });
  });

  it('remains when two admins revoke each other in one block', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', second({ roles: ['admin'] })]);
    expect(
      bench.execute(['acme/auditor', revokeIdentity('second')], ['second key', revokeIdentity('auditor')]),
    ).toEqual(['OK', 'LAST_ADMIN']);
    expect(bench.counts('acme').lastingAdmins).toBe(1);
  });
});

describe('the history of an identity', () => {
  it('lists the commands that were executed, in order and byte for byte', () => {
    const bench = new Bench();
    bench.execute(['acme/auditor', register()], ['acme/auditor', register()]);
    bench.execute(['acme/auditor', rotateIdentityKey('guest', key('new key'))]);
    expect(bench.historyLength('acme', 'guest')).toBe(2);
    const transaction = signTestTransaction({
      ...{ chainId, signer: 'acme/auditor', command: revokeIdentity('guest'), idempotencyKey: 'k' },
    });
    const { subjectEntries, recordCount } = bench.ledger.execute([transaction]);
    expect(recordCount).toBe(0);
    const [entry] = subjectEntries;
    invariant(entry !== undefined, 'the command is listed');
    expect(entry).toMatchObject({ sequence: 2, height: 3, transactionIndex: 0, recordIndex: 0 });
    const field = transaction.body.subarray(entry.start, entry.end);
    expect(decodeCommand(field)).toEqual({ ok: true, value: revokeIdentity('guest') });
  });
});
