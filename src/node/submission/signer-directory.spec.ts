import { describe, expect, it } from '@jest/globals';
import {
  changeIdentity,
  provenTestKey,
  registerIdentity,
  revokeIdentity,
  setReaders,
} from '../../../test/support/identity-commands.js';
import { GovernanceBench } from '../../../test/support/governance-bench.js';
import { MemoryLedger } from '../../../test/support/memory-ledger.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
  testSeed,
} from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { executeGenesis } from '../../protocol/execution/execute-genesis.js';
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import { publicKeyOfSeed } from '../../protocol/crypto/ed25519.js';
import type { Command, ProposedAction } from '../../protocol/ledger/transaction.js';
import { StateTree } from '../../protocol/state/state-tree.js';
import { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import { SignerDirectory } from './signer-directory.js';

const genesis = testGenesis();
const { chainId } = genesis;
const RECORD = documentCommand(['s']);

/** A store that holds what a ledger has executed, and the directory of the node that has it. */
async function bench() {
  const store = new SimulatedLedgerStore();
  await store.initialise(executeGenesis(genesis, new StateTree(4)));
  const ledger = new MemoryLedger(genesis);
  const directory = new SignerDirectory(store, await store.readSigners(1_000));
  let made = 0;
  const sign = (signer: string, command: Command) =>
    signTestTransaction({ chainId, signer, command, idempotencyKey: `k${made++}` });
  const save = (executed: ExecutedBlock): void => {
    store.write(executed);
    directory.onExecuted(executed.writes);
  };
  const execute = (signer: string, command: Command): ExecutedBlock =>
    ledger.execute([sign(signer, command)]);
  const check = (signer: string, command: Command = RECORD, height = 1) =>
    directory.check(new AdmittedTransaction(sign(signer, command), genesis.parameters, 0), height);
  const codeOf = async (signer: string, command: Command = RECORD, height = 1) => {
    const answer = await check(signer, command, height);
    return answer.ok ? answer.value.identity : answer.rejection.code;
  };
  return { store, directory, execute, save, check, codeOf };
}

const proof = (organisation = 'acme') => provenTestKey(chainId, 'guest key', 'guest', organisation);
const REGISTER = registerIdentity('guest', proof(), { roles: ['submitter'] });
const organisationOf = (directory: SignerDirectory, named: string) =>
  directory.organisationOf(publicKeyOfSeed(testSeed(named)));

describe('SignerDirectory: check', () => {
  it('finds the identity of a key, and reads it once', async () => {
    const { store, codeOf } = await bench();
    await expect(codeOf('acme/submitter')).resolves.toBe('acme/submitter');
    const reads = store.callsOf('readState');
    await expect(codeOf('acme/submitter')).resolves.toBe('acme/submitter');
    expect(store.callsOf('readState')).toBe(reads);
  });

  it('reads once for all that come before the answer', async () => {
    const alone = await bench();
    await alone.check('acme/submitter');
    const together = await bench();
    await Promise.all([together.check('acme/submitter'), together.check('acme/submitter')]);
    expect(together.store.callsOf('readState')).toBe(alone.store.callsOf('readState'));
  });

  it('refuses a key that nobody has, without a question to the database', async () => {
    const { store, codeOf } = await bench();
    const before = store.callsOf('readState');
    await expect(codeOf('nobody')).resolves.toBe('SIGNER_UNKNOWN');
    expect(store.callsOf('readState')).toBe(before);
  });

  it('refuses a key without the role', async () => {
    const { codeOf } = await bench();
    await expect(codeOf('acme/auditor')).resolves.toBe('SIGNER_NOT_PERMITTED');
    await expect(codeOf('acme/submitter', REGISTER)).resolves.toBe('SIGNER_NOT_PERMITTED');
    await expect(codeOf('acme/auditor', REGISTER)).resolves.toBe('acme/auditor');
  });

  it('refuses a key that was proven for another organisation, before it costs a place in a block', async () => {
    const { codeOf } = await bench();
    const stolen = registerIdentity('guest', proof('globex'), { roles: ['submitter'] });
    await expect(codeOf('acme/auditor', stolen)).resolves.toBe('POSSESSION_INVALID');
  });

  it('follows what later blocks change', async () => {
    const { execute, save, codeOf, check } = await bench();
    await expect(codeOf('guest key')).resolves.toBe('SIGNER_UNKNOWN');
    save(execute('acme/auditor', REGISTER));
    await expect(codeOf('guest key')).resolves.toBe('acme/guest');
    save(
      execute(
        'acme/auditor',
        changeIdentity('guest', { roles: ['submitter'], validFromHeight: 5, validUntilHeight: 6 }),
      ),
    );
    const codes = [];
    for (const height of [4, 5, 6, 7]) codes.push(await codeOf('guest key', RECORD, height));
    expect(codes).toEqual(['SIGNER_NOT_VALID_YET', 'acme/guest', 'acme/guest', 'SIGNER_EXPIRED']);
    await expect(check('guest key', RECORD, 4)).resolves.toMatchObject({
      rejection: { message: expect.stringContaining('from height 5 on, the next block is 4') },
    });
    save(execute('acme/auditor', revokeIdentity('guest')));
    await expect(codeOf('guest key', RECORD, 5)).resolves.toBe('SIGNER_REVOKED');
  });

  it('does not remember what a block has changed while it was read', async () => {
    const { store, directory, execute, save, codeOf } = await bench();
    save(execute('acme/auditor', REGISTER));
    const revoked = execute('acme/auditor', revokeIdentity('guest'));
    const early = codeOf('guest key');
    directory.onExecuted(revoked.writes);
    await expect(early).resolves.toBe('acme/guest');
    store.write(revoked);
    await expect(codeOf('guest key')).resolves.toBe('SIGNER_REVOKED');
  });

  it('follows the admission and the removal of an organisation', async () => {
    const bench = new GovernanceBench();
    const { ledger } = bench;
    const store = new SimulatedLedgerStore();
    await store.initialise(executeGenesis(ledger.genesis, new StateTree(4)));
    const directory = new SignerDirectory(store, await store.readSigners(1_000));
    const admin = publicKeyOfSeed(testSeed('hooli/auditor'));
    const refusal = async () => (await directory.resolve(admin, ledger.height + 1))?.refusal;
    const decide = (action: ProposedAction) => {
      const { id } = bench.propose('acme', action);
      for (const voter of ['', 'globex', 'initech']) {
        if (voter !== '') bench.approve(id, voter);
        store.write(bench.last!);
        directory.onExecuted(bench.last!.writes);
      }
    };
    decide(bench.admission('hooli'));
    await expect(directory.resolve(admin, 4)).resolves.toMatchObject({ identity: 'hooli/auditor' });
    await expect(refusal()).resolves.toBeUndefined();
    decide({ type: 'removeOrganisation', organisation: 'hooli' });
    await expect(refusal()).resolves.toBe('SIGNER_ORGANISATION_REMOVED');
    const command = setReaders([]);
    const sent = { chainId: ledger.genesis.chainId, signer: 'hooli/auditor', command, idempotencyKey: 'k' };
    const admitted = new AdmittedTransaction(signTestTransaction(sent), ledger.genesis.parameters, 0);
    await expect(directory.check(admitted, ledger.height + 1)).resolves.toMatchObject({
      rejection: { code: 'SIGNER_ORGANISATION_REMOVED', field: 'public_key' },
    });
  });

  it('passes on that the database is away, and works again afterwards', async () => {
    const { store, check } = await bench();
    store.setAvailable(false);
    await expect(check('acme/submitter')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    store.setAvailable(true);
    await expect(check('acme/submitter')).resolves.toMatchObject({ ok: true });
  });
});

describe('SignerDirectory: organisationOf', () => {
  it('knows the keys of genesis, and later ones from their block on', async () => {
    const { directory, execute, save } = await bench();
    expect(organisationOf(directory, 'acme/submitter')).toBe('acme');
    expect(organisationOf(directory, 'guest key')).toBeUndefined();
    save(execute('acme/auditor', REGISTER));
    expect(organisationOf(directory, 'guest key')).toBe('acme');
    save(execute('acme/auditor', revokeIdentity('guest')));
    expect(organisationOf(directory, 'guest key')).toBe('acme');
  });

  it('knows them after a start too', async () => {
    const { store, execute, save } = await bench();
    save(execute('acme/auditor', REGISTER));
    const restarted = new SignerDirectory(store, await store.readSigners(1_000));
    expect(organisationOf(restarted, 'guest key')).toBe('acme');
  });
});
