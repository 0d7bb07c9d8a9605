// Under load a fifth organisation is invited, follows, is given a vote and votes; then one of the founders is removed. People do it
// with the commands that they have, and whoever has the genesis file verifies what was recorded before, between and after.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { PortAllocator } from '../../src/demo/cluster/free-port.js';
import { NodeProcess } from '../../src/demo/cluster/node-process.js';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { organisationFolder } from '../../src/demo/demo-folder.js';
import { startPostgres, type RunningPostgres } from '../../src/demo/postgres/embedded-postgres.js';
import { FileKeystore, identityKeyName } from '../../src/keys/file-keystore.js';
import type { EpochTerms } from '../../src/protocol/ledger/epoch-terms.js';
import { EpochHistory } from '../../src/node/epochs/epoch-history.js';
import {
  CountersignClient,
  recordDocuments,
  signTransactionWith,
  verifyReceipt,
  Witness,
} from '../../src/sdk/index.js';
import { checkHistory } from './chaos/history/check-history.js';
import { startLoad, type Load } from './load.js';
import {
  eventually,
  mainFile,
  projectFolder,
  runCountersign,
  startTestCluster,
  type LoadNode,
  type TestCluster,
} from './test-cluster.js';

const namesOf = ({ validators }: EpochTerms): readonly string[] =>
  validators.map(({ organisation }) => organisation);

interface Json {
  readonly [name: string]: unknown;
}

describe('an organisation that joins, and one that leaves', () => {
  let test: TestCluster;
  let load: Load;
  let postgres: RunningPostgres | undefined;
  let hooli: NodeProcess | undefined;
  let hooliNode: LoadNode;
  let hooliPeerPort: number;
  /** A transaction of each epoch. */
  const recorded: string[] = [];
  /** Those after the first. */
  const epochs: EpochTerms[] = [];

  const configOf = (organisation: string): string =>
    organisationFolder(test.directory, organisation).configFile;
  const logOf = (organisation: string): string => organisationFolder(test.directory, organisation).logFile;

  async function command(organisation: string, ...words: readonly string[]): Promise<Json> {
    const run = await runCountersign('--json', ...words, '--config', configOf(organisation));
    if (run.status !== 0) throw new Error(`${words.join(' ')}: ${run.stdout}${run.stderr}`);
    return JSON.parse(run.stdout) as Json;
  }

  /** The node may see too little of who is to vote at one moment, under load; it says so, and people try again. */
  async function oncePrepared(organisation: string, ...words: readonly string[]): Promise<Json> {
    return eventually(`${organisation}: ${words.join(' ')}`, () =>
      command(organisation, ...words).catch((error: unknown) => {
        if (String(error).includes('PREFLIGHT_REFUSED')) return undefined;
        throw error;
      }),
    );
  }

  /** Proposed by one, approved by the others that are named, until it is accepted. */
  async function decide(others: readonly string[], ...proposal: readonly string[]): Promise<void> {
    const { id } = await oncePrepared('acme', 'member', 'propose', ...proposal);
    for (const organisation of others)
      await oncePrepared(organisation, 'member', 'vote', String(id), '--approve');
    const { motion } = await command('acme', 'member', 'motion', String(id));
    expect(motion).toMatchObject({ status: 'accepted' });
  }

  async function inEpoch(client: CountersignClient, epoch: number): Promise<EpochTerms> {
    return eventually(`epoch ${epoch}`, async () => {
      const { inForce } = await client.validators();
      return inForce.epoch === epoch ? (inForce as unknown as EpochTerms) : undefined;
    });
  }

  /** Id of something that was recorded just now. */
  async function record({ client, signer }: LoadNode, serial: string): Promise<string> {
    const { chainId } = test.cluster.genesis;
    const content = new TextEncoder().encode(JSON.stringify({ serial }));
    const document = { kind: 'inspection', content, subjectPointers: ['/serial'] };
    const terms = { chainId, idempotencyKey: serial, validUntilHeight: 50_000 };
    const transaction = await signTransactionWith(signer, terms, recordDocuments([document]));
    const { id, outcome } = await client.submitAndWait(transaction);
    expect(outcome).toMatchObject({ code: 'OK' });
    return id;
  }

  beforeAll(async () => {
    test = await startTestCluster();
    load = startLoad(test.nodes.slice(0, 3), test.cluster.genesis.chainId, { name: 'membership' });
    await load.more(20);
    recorded.push(await record(test.nodes[0]!, 'epoch-0'));
  });
  afterAll(async () => {
    await load.stop();
    await hooli?.stop();
    await postgres?.stop();
    await test.close();
  });

  it('is invited, and makes its files', async () => {
    const invite = path.join(test.directory, 'invite.json');
    const address = `acme=127.0.0.1:${test.cluster.node('acme').ports.peer}`;
    const written = await command('acme', 'member', 'invite', '-o', invite, '--address', address);
    expect(Object.keys(written['addresses'] as Json).sort()).toEqual([
      'acme',
      'globex',
      'initech',
      'umbrella',
    ]);
    const ports = new PortAllocator();
    hooliPeerPort = await ports.take(0);
    const rest = await ports.take(0);
    const { folder, postgresFolder, configFile } = organisationFolder(test.directory, 'hooli');
    const made = await runCountersign(
      ...['--json', 'init', 'hooli', '--invite', invite, '--plain', '--directory', folder],
      ...['--address', `127.0.0.1:${hooliPeerPort}`],
    );
    expect(made.status).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ chainId: test.cluster.genesis.chainId });
    const [own, theirs] = [path.join(folder, 'genesis.json'), test.cluster.genesisFile];
    expect(readFileSync(own, 'utf8')).toBe(`${readFileSync(theirs, 'utf8')}\n`);
    postgres = await startPostgres({
      directory: postgresFolder,
      fsync: false,
      cacheDirectory: path.join(projectFolder, '.countersign', 'binaries'),
    });
    const configuration = parse(readFileSync(configFile, 'utf8')) as Json;
    const { url, ownerUrl, readerUrl } = postgres;
    writeFileSync(
      configFile,
      stringify({
        ...configuration,
        database: { url, ownerUrl, readerUrl },
        rest: { port: rest },
        metrics: { port: 0 },
        peer: { ...(configuration['peer'] as Json), host: '127.0.0.1', port: hooliPeerPort },
      }),
    );
    await runCountersign('db', 'migrate', '--config', configFile);
    const restUrl = `http://127.0.0.1:${rest}`;
    const keystore = new FileKeystore({
      folder: path.join(folder, 'keys'),
      passphrase: undefined,
      allowPlain: true,
    });
    const signer = await keystore.loadSigner(identityKeyName('app'));
    const auditor = test.cluster.node('acme').auditor;
    const client = new CountersignClient(restUrl, { credentials: { signer: auditor } });
    hooliNode = { organisation: 'hooli', client, restUrl, signer };
  });

  it('is let in by nobody before it is admitted, and says what it waits for', async () => {
    const { configFile, logFile } = organisationFolder(test.directory, 'hooli');
    writeFileSync(logFile, '');
    hooli = await NodeProcess.start({ organisation: 'hooli', configFile, logFile, mainFile });
    await eventually('the node of hooli', async () =>
      readFileSync(logFile, 'utf8').includes('the node is up') ? true : undefined,
    );
    expect(readFileSync(logFile, 'utf8')).toContain('waits for the members to admit it');
    expect(await (await fetch(`${hooliNode.restUrl}/health/live`)).json()).toMatchObject({ status: 'ok' });
  });

  it('follows once it is admitted, and has no vote', async () => {
    const request = path.join(organisationFolder(test.directory, 'hooli').folder, 'join-request.json');
    await decide(['globex', 'initech'], 'admit', '--request', request);
    await eventually('hooli near the head', async () => {
      const [own, head] = await Promise.all([
        hooliNode.client.status().catch(() => undefined),
        test.nodes[0]!.client.status(),
      ]);
      return own !== undefined && head.height > 0 && own.height >= head.height - 2 ? true : undefined;
    });
    const { learners } = await test.nodes[0]!.client.validators();
    expect(learners).toMatchObject([{ organisation: 'hooli', address: `127.0.0.1:${hooliPeerPort}` }]);
  });

  it('tells why a ballot has failed, takes a motion back, and knows where everybody is reached', async () => {
    const run = (organisation: string, ...words: readonly string[]) =>
      runCountersign('--json', 'member', ...words, '--config', configOf(organisation));
    const proposed = await command('acme', 'member', 'propose', 'parameters', 'blockTransactionsMax=500');
    const id = String(proposed['id']);
    expect(await run('globex', 'vote', id)).toMatchObject({ status: 2 });
    await command('globex', 'member', 'vote', id, '--reject');
    const again = await run('globex', 'vote', id, '--approve');
    expect([again.status, again.stdout]).toEqual([1, expect.stringContaining('BALLOT_CAST_ALREADY')]);
    const stranger = await run('hooli', 'vote', id, '--approve');
    expect([stranger.status, stranger.stdout]).toEqual([1, expect.stringContaining('BALLOT_NOT_ENTITLED')]);
    const foreign = await run('globex', 'withdraw', id);
    expect([foreign.status, foreign.stdout]).toEqual([1, expect.stringContaining('NOT_PROPOSER')]);
    await command('acme', 'member', 'withdraw', id);
    await command('acme', 'member', 'address', `127.0.0.1:${test.cluster.node('acme').ports.peer}`);
    const { items } = await test.nodes[1]!.client.organisations();
    expect(items.flatMap(({ name, address }) => (address === undefined ? [] : [name])).sort()).toEqual([
      'acme',
      'hooli',
    ]);
    const list = await command('initech', 'member', 'motions', '--status', 'withdrawn');
    expect(list).toMatchObject({ items: [{ id }] });
  });

  it('registers its own identities, and records through its own node', async () => {
    await command('hooli', 'identity', 'register', 'app', '--roles', 'submitter');
    expect(await record(hooliNode, 'from-a-learner')).toHaveLength(64);
  });

  it('is given a vote, with which four of five go on while a founder is down', async () => {
    const other = await runCountersign(
      'member',
      'propose',
      'promote',
      'globex',
      '--config',
      configOf('acme'),
    );
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('PREFLIGHT_REFUSED')]);
    await decide(['globex', 'initech'], 'promote', 'hooli');
    const terms = await inEpoch(test.nodes[0]!.client, 1);
    epochs.push(terms);
    expect(namesOf(terms)).toEqual(['acme', 'globex', 'hooli', 'initech', 'umbrella']);
    await inEpoch(hooliNode.client, 1);
    await load.more(10);
    recorded.push(await record(hooliNode, 'epoch-1'));
    await test.cluster.killNode('umbrella');
    // Q of five is four: nothing is committed now without hooli.
    await load.more(10);
    await test.cluster.startNode('umbrella');
  });

  it('goes on without the founder that is removed, whose node stops voting by itself and is let in no more', async () => {
    await eventually('umbrella at the head', async () => {
      const [own, head] = await Promise.all([test.nodes[3]!.client.status(), test.nodes[0]!.client.status()]);
      return own.height >= head.height - 2 ? true : undefined;
    });
    await decide(['globex', 'initech', 'hooli'], 'remove', 'umbrella');
    const terms = await inEpoch(test.nodes[0]!.client, 2);
    epochs.push(terms);
    expect(namesOf(terms)).toEqual(['acme', 'globex', 'hooli', 'initech']);
    await load.more(10);
    recorded.push(await record(test.nodes[1]!, 'epoch-2'));
    const { restUrl } = test.nodes[3]!;
    const stranger = new CountersignClient(restUrl, {
      credentials: { signer: test.cluster.node('acme').auditor },
    });
    const status = await eventually('nobody lets umbrella in', async () => {
      const read = await stranger.status();
      const isFree = readFileSync(logOf('umbrella'), 'utf8').includes('the others have gone on');
      return read.quorum.reachable === 0 && isFree ? read : undefined;
    });
    expect(status.standing).toBe('observing');
    expect(status.cause).toContain('umbrella was removed from the consortium');
    // Its own identities sign nothing any more, at whatever node.
    const refused = await runCountersign('whoami', '--config', configOf('umbrella'));
    expect(refused.status).toBe(1);
    expect(refused.stdout + refused.stderr).toContain('REMOVED');
  });

  it('goes on with another ledger key, and votes with it once its node has been started with it', async () => {
    const { configFile, logFile } = organisationFolder(test.directory, 'hooli');
    await command('hooli', 'key', 'gen', 'ledger-next', '--plain');
    const [next] = (await command('hooli', 'key', 'show', 'ledger-next')) as unknown as [Json];
    const { id } = await oncePrepared('hooli', 'member', 'propose', 'rotate-key', '--key', 'ledger-next');
    for (const voter of ['acme', 'globex'])
      await oncePrepared(voter, 'member', 'vote', String(id), '--approve');
    const terms = await inEpoch(test.nodes[0]!.client, 3);
    epochs.push(terms);
    expect(terms.validators).toContainEqual({ organisation: 'hooli', ledgerKey: next['publicKey'] });
    await inEpoch(hooliNode.client, 3);
    await load.more(10);
    await hooli!.stop();
    const settings = parse(readFileSync(configFile, 'utf8')) as Json;
    const keys = { ...(settings['keys'] as Json), ledgerKey: 'ledger-next' };
    writeFileSync(configFile, stringify({ ...settings, keys }));
    const { height } = await test.nodes[0]!.client.status();
    hooli = await NodeProcess.start({ organisation: 'hooli', configFile, logFile, mainFile });
    await eventually('a vote of hooli with its new key', async () => {
      const { validators } = await test.nodes[0]!.client.status();
      const vote = validators.find(({ organisation }) => organisation === 'hooli')?.lastVoteHeight;
      return vote !== undefined && vote > height ? true : undefined;
    });
    recorded.push(await record(hooliNode, 'epoch-3'));
  });

  it('has lost nothing that was acknowledged, and every receipt is verified with the genesis file alone', async () => {
    await load.stop();
    const members = [...test.nodes.slice(0, 3), hooliNode];
    const agreement = await awaitAgreement(members, 60_000);
    expect(agreement.agree).toBe(true);
    for (const [epoch, id] of recorded.entries()) {
      for (const { client } of members) {
        const receipt = await client.waitForReceipt(id);
        const verified = verifyReceipt(receipt, test.cluster.genesisBytes);
        expect(verified).toMatchObject({ ok: true, value: { epoch, transactionId: id } });
      }
    }
    const { genesis, genesisBytes } = test.cluster;
    const { history } = load;
    const check = {
      nodes: members,
      genesis,
      genesisBytes,
      history,
      epochs: new EpochHistory(genesis, epochs),
    };
    expect(await checkHistory(check)).toEqual([]);
  });

  it('is followed by a witness through every change of validators, from genesis on', async () => {
    const nodes = [...test.nodes.slice(0, 3), hooliNode].map(({ restUrl, client: { log } }) => ({
      url: restUrl,
      log,
    }));
    const witness = new Witness(test.cluster.genesis, undefined, nodes);
    for (const { verdict } of await witness.round()) expect(['advanced', 'consistent']).toContain(verdict);
    const known = witness.state.epochs.map(({ validators }) => validators);
    expect(known).toEqual([test.cluster.genesis.validators, ...epochs.map(({ validators }) => validators)]);
  });
});
