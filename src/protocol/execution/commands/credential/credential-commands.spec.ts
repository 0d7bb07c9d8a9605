import { describe, expect, it } from '@jest/globals';
import { GovernanceBench } from '../../../../../test/support/governance-bench.js';
import {
  es256TestKey,
  provenCredential,
  registerCredential,
  revokeCredential,
} from '../../../../../test/support/test-receipt-keys.js';
import { subjectFrontier } from '../../apply-records.js';
import {
  credentialCountStateKey,
  credentialKeyStateKey,
  credentialStateKey,
  decodeCredentialCount,
  decodeCredentialEntry,
  encodeCredentialCount,
} from '../../../governance/credentials/credential-entry.js';
import { organisationHistoryStateKey } from '../../../governance/reading.js';
import { CREDENTIALS_PER_ORGANISATION_MAX, isInForce } from '../../../ledger/transaction.js';
import type { CredentialKey } from '../../../ledger/transaction.js';
import type { ChainId, Es256PublicKey } from '../../../primitives/identifiers.js';

class Bench extends GovernanceBench {
  key(named: string, name = 'receipt', organisation = 'acme'): CredentialKey {
    return provenCredential(this.ledger.genesis.chainId, named, name, organisation);
  }

  /** The key is named as the credential unless said otherwise. */
  register(name: string, named = name, replaces?: string, organisation = 'acme') {
    return registerCredential(name, this.key(named, name, organisation), replaces);
  }

  entry(organisation: string, name: string) {
    const value = this.ledger.state.get(credentialStateKey(organisation, name));
    return value === undefined ? undefined : decodeCredentialEntry(value);
  }

  count(organisation: string): number {
    return decodeCredentialCount(this.ledger.state.get(credentialCountStateKey(organisation)));
  }

  historyLength(organisation: string): number {
    return subjectFrontier(this.ledger.state.get(organisationHistoryStateKey(organisation))).size;
  }
}

describe('registerCredential', () => {
  it('makes a key count from the height of its block on', () => {
    const bench = new Bench();
    expect(bench.execute(['acme', bench.register('receipt')])).toEqual(['OK']);
    expect(bench.entry('acme', 'receipt')).toEqual({
      type: 'receiptEs256',
      publicKey: es256TestKey('receipt'),
      fromHeight: 1,
      untilHeight: 0,
    });
    expect([bench.count('acme'), bench.historyLength('acme')]).toEqual([1, 1]);
  });

  it('is an admin’s, of the own organisation alone', () => {
    const bench = new Bench();
    expect(bench.execute(['acme/submitter', bench.register('receipt')])).toEqual(['SIGNER_NOT_PERMITTED']);
    // The proof is for acme; signed by globex' admin the credential would be globex/receipt.
    expect(bench.execute(['globex', bench.register('receipt')])).toEqual(['POSSESSION_INVALID']);
    expect([bench.entry('acme', 'receipt'), bench.entry('globex', 'receipt')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('refuses a name or a key that was ever used, by whomever', () => {
    const bench = new Bench();
    expect(
      bench.execute(
        ['acme', bench.register('receipt')],
        ['acme', bench.register('receipt', 'other')],
        ['acme', bench.register('second', 'receipt')],
        ['globex', bench.register('receipt', 'receipt', undefined, 'globex')],
      ),
    ).toEqual(['OK', 'CREDENTIAL_EXISTS', 'KEY_IN_USE', 'KEY_IN_USE']);
    expect(
      bench.execute(
        ['acme', revokeCredential('receipt')],
        ['acme', bench.register('receipt', 'other')],
        ['acme', bench.register('second', 'receipt')],
      ),
    ).toEqual(['OK', 'CREDENTIAL_EXISTS', 'KEY_IN_USE']);
  });

  it('takes the place of another one at the same height', () => {
    const bench = new Bench();
    bench.execute(['acme', bench.register('first')]);
    expect(bench.execute(['acme', bench.register('second', 'second', 'first')])).toEqual(['OK']);
    const [first, second] = [bench.entry('acme', 'first')!, bench.entry('acme', 'second')!];
    expect([first.untilHeight, second.fromHeight]).toEqual([2, 2]);
    expect([1, 2].map((height) => [isInForce(first, height), isInForce(second, height)])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect([bench.count('acme'), bench.historyLength('acme')]).toEqual([2, 2]);
  });

  it('replaces only what there is, in force, of the own organisation; else it changes nothing', () => {
    const bench = new Bench();
    bench.execute(['acme', bench.register('first')], ['acme', revokeCredential('first')]);
    bench.execute(['globex', bench.register('theirs', 'theirs', undefined, 'globex')]);
    expect(
      bench.execute(
        ['acme', bench.register('second', 'second', 'nobody')],
        ['acme', bench.register('second', 'second', 'theirs')],
        ['acme', bench.register('second', 'second', 'first')],
      ),
    ).toEqual(['CREDENTIAL_UNKNOWN', 'CREDENTIAL_UNKNOWN', 'CREDENTIAL_REVOKED']);
    expect([bench.entry('acme', 'second'), bench.count('acme')]).toEqual([undefined, 1]);
    expect(bench.ledger.state.get(credentialKeyStateKey(es256TestKey('second')))).toBeUndefined();
  });

  it('refuses a proof for another chain, organisation, name or key, and none', () => {
    const bench = new Bench();
    const good = bench.key('a');
    const flawed: readonly CredentialKey[] = [
      provenCredential('ab'.repeat(32) as ChainId, 'a'),
      bench.key('a', 'receipt', 'globex'),
      bench.key('a', 'other'),
      { ...good, possession: bench.key('b').possession },
      { ...good, possession: new Uint8Array(64) },
    ];
    for (const key of flawed)
      expect(bench.execute(['acme', registerCredential('receipt', key)])).toEqual(['POSSESSION_INVALID']);
    const bad = { ...good, publicKey: `02${'00'.repeat(31)}07` as Es256PublicKey };
    expect(bench.execute(['acme', registerCredential('receipt', bad)])).toEqual(['KEY_INVALID']);
  });

  it('keeps an organisation within its number of credentials, revoked ones included', () => {
    const bench = new Bench();
    bench.ledger.state.set(
      credentialCountStateKey('acme'),
      encodeCredentialCount(CREDENTIALS_PER_ORGANISATION_MAX - 1),
    );
    expect(
      bench.execute(
        ['acme', bench.register('a')],
        ['acme', revokeCredential('a')],
        ['acme', bench.register('b')],
        ['globex', bench.register('c', 'c', undefined, 'globex')],
      ),
    ).toEqual(['OK', 'OK', 'CREDENTIALS_TOO_MANY', 'OK']);
  });
});

describe('revokeCredential', () => {
  it('ends a key at the height of its block, and keeps it readable', () => {
    const bench = new Bench();
    bench.execute(['acme', bench.register('receipt')]);
    bench.execute();
    expect(bench.execute(['acme', revokeCredential('receipt')])).toEqual(['OK']);
    expect(bench.entry('acme', 'receipt')).toMatchObject({
      publicKey: es256TestKey('receipt'),
      fromHeight: 1,
      untilHeight: 3,
    });
    expect(bench.historyLength('acme')).toBe(2);
  });

  it('refuses what is not there, of another organisation, or revoked already', () => {
    const bench = new Bench();
    bench.execute(['acme', bench.register('receipt')]);
    expect(
      bench.execute(
        ['globex', revokeCredential('receipt')],
        ['acme', revokeCredential('other')],
        ['acme/submitter', revokeCredential('receipt')],
        ['acme', revokeCredential('receipt')],
        ['acme', revokeCredential('receipt')],
      ),
    ).toEqual([
      'CREDENTIAL_UNKNOWN',
      'CREDENTIAL_UNKNOWN',
      'SIGNER_NOT_PERMITTED',
      'OK',
      'CREDENTIAL_REVOKED',
    ]);
  });
});
