import { describe, expect, it } from '@jest/globals';
import { sampleTransaction } from '../../../test/support/certified-blocks.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { executeGenesis } from '../../protocol/execution/execute-genesis.js';
import { StateTree } from '../../protocol/state/state-tree.js';
import { SignerCheck } from './signer-check.js';

const genesis = testGenesis();

async function bench() {
  const store = new SimulatedLedgerStore();
  await store.initialise(executeGenesis(genesis, new StateTree(4)));
  return { store, check: new SignerCheck(store) };
}

const by = (signer: string) => sampleTransaction(genesis, 'a', { signer });

describe('SignerCheck', () => {
  it('finds the identity of a key, and asks the database once for it', async () => {
    const { store, check } = await bench();
    const known = { ok: true, value: { identity: 'acme/submitter' } };
    await expect(check.check(by('acme/submitter'))).resolves.toMatchObject(known);
    await expect(check.check(by('acme/submitter'))).resolves.toMatchObject(known);
    expect(store.callsOf('readState')).toBe(1);
  });

  it('asks once for all that come before the answer', async () => {
    const { store, check } = await bench();
    await Promise.all([check.check(by('acme/submitter')), check.check(by('acme/submitter'))]);
    expect(store.callsOf('readState')).toBe(1);
  });

  it('refuses a key that nobody has, and looks again the next time', async () => {
    const { store, check } = await bench();
    for (let times = 1; times <= 2; times++) {
      await expect(check.check(by('nobody'))).resolves.toMatchObject({
        ok: false,
        rejection: { code: 'SIGNER_UNKNOWN' },
      });
      expect(store.callsOf('readState')).toBe(times);
    }
  });

  it('refuses a key without the role', async () => {
    const { check } = await bench();
    await expect(check.check(by('acme/auditor'))).resolves.toMatchObject({
      ok: false,
      rejection: { code: 'SIGNER_NOT_PERMITTED' },
    });
  });

  it('passes on that the database is away, and works again afterwards', async () => {
    const { store, check } = await bench();
    store.setAvailable(false);
    await expect(check.check(by('acme/submitter'))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    store.setAvailable(true);
    await expect(check.check(by('acme/submitter'))).resolves.toMatchObject({ ok: true });
  });
});
