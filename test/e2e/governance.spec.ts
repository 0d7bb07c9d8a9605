// Four real nodes decide about a fifth organisation, with the commands that people use.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { admissionToRequest } from '../../src/cli/members/joining/join-request.js';
import { organisationFolder } from '../../src/demo/demo-folder.js';
import { parseGenesis } from '../../src/sdk/index.js';
import { createKeyPair, proveKey, proveLedgerKey } from '../../src/sdk/index.js';
import { runCountersign, startTestCluster, type TestCluster } from './test-cluster.js';

describe('a consortium that decides', () => {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startTestCluster({});
  });
  afterAll(() => test.close());

  const member = (organisation: string, ...words: readonly string[]) =>
    runCountersign(
      '--json',
      'member',
      ...words,
      '--config',
      organisationFolder(test.directory, organisation).configFile,
    );

  it('admits an organisation when a quorum approves, and tells why a ballot has failed', async () => {
    const genesis = parseGenesis(await test.cluster.node('acme').client.genesis());
    if (!genesis.ok) throw new Error(genesis.rejection.message);
    const { chainId } = genesis.value;
    const place = { chainId, organisation: 'hooli' };
    const request = admissionToRequest(
      {
        organisation: 'hooli',
        ledgerKey: proveLedgerKey(createKeyPair(), place),
        address: 'hooli.example:7050',
        admin: { name: 'admin', key: proveKey(createKeyPair(), { ...place, name: 'admin' }) },
      },
      chainId,
    );
    const file = path.join(test.directory, 'hooli.json');
    writeFileSync(file, JSON.stringify(request));
    const proposed = await member('acme', 'propose', 'admit', '--request', file);
    expect([proposed.status, proposed.stderr]).toEqual([0, '']);
    const { id } = JSON.parse(proposed.stdout) as { id: string };
    expect(await member('globex', 'vote', id, '--approve')).toMatchObject({ status: 0 });
    const again = await member('globex', 'vote', id, '--reject');
    expect([again.status, again.stdout]).toEqual([1, expect.stringContaining('BALLOT_CAST_ALREADY')]);
    expect(await member('initech', 'vote', id, '--approve')).toMatchObject({ status: 0 });
    const shown = await member('initech', 'motion', id);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      motion: { status: 'accepted', action: { type: 'admitOrganisation', organisation: 'hooli' } },
    });
    const validators = await member('initech', 'validators');
    expect(JSON.parse(validators.stdout)).toMatchObject({
      inForce: { epoch: 0 },
      learners: [{ organisation: 'hooli', address: 'hooli.example:7050' }],
    });
    const list = await member('initech', 'motions', '--status', 'accepted');
    expect(JSON.parse(list.stdout)).toMatchObject({ items: [{ id }] });
  });

  it('refuses to say both, or nothing, and takes a motion back', async () => {
    const proposed = await member('acme', 'propose', 'parameters', 'blockTransactionsMax=500');
    const { id } = JSON.parse(proposed.stdout) as { id: string };
    expect(await member('globex', 'vote', id)).toMatchObject({ status: 2 });
    const foreign = await member('globex', 'withdraw', id);
    expect([foreign.status, foreign.stdout]).toEqual([1, expect.stringContaining('NOT_PROPOSER')]);
    expect(await member('acme', 'withdraw', id)).toMatchObject({ status: 0 });
    expect(await member('acme', 'address', 'acme.example:7050')).toMatchObject({ status: 0 });
    const list = await member('acme', 'list');
    expect(list.stdout).toContain('acme.example:7050');
  });
});
