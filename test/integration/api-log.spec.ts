// Proofs of the log and the history of validators over real REST, read with the SDK; and a witness that follows them there.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { saveForkEvidence, loadWitnessState, saveWitnessState } from '../../src/cli/proofs/witness-files.js';
import {
  CountersignClient,
  parseGenesis,
  verifyConsistency,
  verifyInclusion,
  Witness,
} from '../../src/sdk/index.js';
import { readProblem } from '../support/api-client.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { certifyEpochs, EPOCHS_GENESIS_BYTES, type EpochsWanted } from '../support/certified-epochs.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';

const started: ApiApplication[] = [];

/** A node's REST edge over a certified ledger of three epochs. */
async function serve(wanted: EpochsWanted = {}) {
  const ledger = await certifyEpochs(wanted);
  const { receipts: checkpoints, logProofs, blocks } = ledger;
  const api = await startApi({ ...new InMemoryUseCases().ports(), checkpoints, logProofs });
  started.push(api);
  const { log } = new CountersignClient(api.url, { retries: 0 });
  return { ...ledger, url: api.url, log, head: blocks.length };
}

const parsed = parseGenesis(EPOCHS_GENESIS_BYTES);
if (!parsed.ok) throw new Error(parsed.rejection.message);
const genesis = parsed.value;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'countersign-witness-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((api) => api.close()));
  rmSync(folder, { recursive: true, force: true });
});

describe('proofs of the log', () => {
  it('show to anyone that one log is the beginning of another', async () => {
    const { log, head, blocks } = await serve();
    const rootAt = (height: number) => ({ height, root: blocks[height - 1]!.logRoot });
    for (const [from, to] of [
      [1, head],
      [3, 7],
      [head, head],
    ] as const) {
      const proof = await log.consistencyProof(from, to);
      expect([proof.from, proof.to]).toEqual([rootAt(from), rootAt(to)]);
      expect(verifyConsistency(rootAt(from), rootAt(to), proof.path)).toBe(true);
      expect(verifyConsistency(rootAt(from), rootAt(to), [...proof.path, proof.from.root])).toBe(false);
      expect(verifyConsistency(rootAt(from), { height: to, root: rootAt(2).root }, proof.path)).toBe(
        to === 2,
      );
    }
    const { leafHash, at, path: hashes } = await log.inclusionProof(4, head);
    expect(at).toEqual(rootAt(head));
    expect(verifyInclusion(leafHash, 4, rootAt(head), hashes)).toBe(true);
    expect(verifyInclusion(leafHash, 5, rootAt(head), hashes)).toBe(false);
    expect(verifyInclusion('no hash', 4, rootAt(head), hashes)).toBe(false);
    expect(verifyConsistency(rootAt(1), rootAt(head), ['no hash'])).toBe(false);
  });

  it('may be kept for ever', async () => {
    const { url, head } = await serve();
    for (const address of [`consistency?from=1&to=${head}`, `inclusion?height=1&at=${head}`]) {
      const response = await fetch(`${url}/v1/log/${address}`);
      const etag = response.headers.get('etag') ?? '';
      expect([response.status, response.headers.get('cache-control'), etag]).toEqual([
        200,
        expect.stringContaining('immutable'),
        expect.stringMatching(/^"/),
      ]);
      const again = await fetch(`${url}/v1/log/${address}`, { headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
    }
    const history = await fetch(`${url}/v1/validator-history`);
    expect(history.headers.get('cache-control')).toBe('private, no-cache');
  });

  it.each([
    ['log/consistency?from=5&to=4', 400, 'HEIGHTS_REVERSED', 'from=5 lies above to=4'],
    ['log/inclusion?height=5&at=4', 400, 'HEIGHTS_REVERSED', 'height=5 lies above at=4'],
    ['log/consistency?from=1&to=1000', 404, 'CHECKPOINT_NOT_FOUND', 'the newest that is, is 11'],
    ['log/inclusion?height=1&at=1000', 404, 'CHECKPOINT_NOT_FOUND', 'height 1000 is not countersigned'],
    ['log/consistency?to=4', 400, 'HEIGHT_INVALID', 'from: must be a decimal integer'],
    ['log/consistency', 400, 'HEIGHT_INVALID', 'from: must be a decimal integer'],
    ['log/inclusion?height=1', 400, 'HEIGHT_INVALID', 'at: must be a decimal integer'],
    ['log/consistency?from=-1&to=4', 400, 'HEIGHT_INVALID', 'from: must be a decimal integer'],
    ['log/consistency?from=1&to=9007199254740992', 400, 'HEIGHT_INVALID', 'to: must be'],
    ['log/consistency?from=1&to=2&size=3', 400, 'QUERY_PARAMETER_UNKNOWN', 'size'],
    ['validator-history?from=first', 400, 'EPOCH_INVALID', 'from: must be a decimal integer'],
  ])('refuse %s with %i %s', async (address, status, code, detail) => {
    const { url, head } = await serve();
    expect(head).toBe(11);
    const response = await fetch(`${url}/v1/${address}`);
    expect(response.status).toBe(status);
    const problem = await readProblem(response);
    expect([problem.code, JSON.stringify(problem)]).toEqual([code, expect.stringContaining(detail)]);
  });

  it('tell nothing while nothing is countersigned', async () => {
    const { url } = await serve({ head: 0 });
    const problem = await readProblem(await fetch(`${url}/v1/log/consistency?from=0&to=0`));
    expect(problem).toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
    expect(await (await fetch(`${url}/v1/validator-history`)).json()).toEqual({ items: [] });
  });

  it('are read strictly by the client', async () => {
    const answers = [
      {},
      { from: { height: 1, root: 'x' } },
      { from: { height: -1, root: '00'.repeat(32) } },
      { from: { height: 1, root: '00'.repeat(32) }, to: { height: 1, root: '00'.repeat(32) }, path: 7 },
      { items: 7 },
      { items: [{ resultRecord: '?' }] },
    ];
    for (const answer of answers) {
      const { log } = new CountersignClient('http://127.0.0.1:1', {
        retries: 0,
        fetch: async () => new Response(JSON.stringify(answer)),
      });
      await expect(log.consistencyProof(1, 1)).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
      await expect(log.validatorHistory(0)).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
    }
  });
});

describe('a witness', () => {
  it('follows a node through its changes of validators, and remembers them in its file', async () => {
    const stateFile = path.join(folder, 'witness.json');
    expect(loadWitnessState(stateFile, genesis)).toBeUndefined();
    const early = await serve({ head: 3 });
    const first = new Witness(genesis, undefined, [early]);
    expect(await first.round()).toMatchObject([{ verdict: 'advanced', height: 3 }]);
    saveWitnessState(stateFile, first.state, genesis);
    const late = await serve();
    const second = new Witness(genesis, loadWitnessState(stateFile, genesis), [late, early]);
    expect(await second.round()).toMatchObject([
      { verdict: 'advanced', height: 11 },
      { verdict: 'consistent', height: 3 },
    ]);
    saveWitnessState(stateFile, second.state, genesis);
    expect(loadWitnessState(stateFile, genesis)).toEqual(second.state);
    expect(readdirSync(folder)).toEqual(['witness.json']);
    writeFileSync(stateFile, '{}');
    expect(() => loadWitnessState(stateFile, genesis)).toThrow(
      expect.objectContaining({ code: 'WITNESS_STATE_INVALID' }),
    );
    expect(() => saveWitnessState(path.join(folder, 'no', 'w.json'), second.state, genesis)).toThrow(
      expect.objectContaining({ code: 'FILE_UNWRITABLE' }),
    );
  });

  it('keeps both checkpoints of a fork beside its file', async () => {
    const honest = await serve({ last: ['x'] });
    const forked = await serve({ last: ['y', 'z'] });
    const witness = new Witness(genesis, undefined, [honest, forked]);
    const [, report] = await witness.round();
    expect(report).toMatchObject({ verdict: 'fork', url: forked.url });
    const stateFile = path.join(folder, 'witness.json');
    const file = saveForkEvidence(stateFile, report!.fork!);
    expect(saveForkEvidence(stateFile, report!.fork!)).toBe(file);
    expect(path.basename(file)).toMatch(/^witness\.json\.fork-12-12-[0-9a-f]{8}\.json$/);
    const evidence = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { note: string; root: string }>;
    expect(evidence).toMatchObject({ format: 'countersign-fork-evidence/v1', origin: genesis.origin });
    expect(evidence['remembered']?.note).toBe((await honest.receipts.at(12))?.note);
    expect(evidence['presented']?.note).toBe((await forked.receipts.at(12))?.note);
    expect(evidence['signedBoth']).toEqual(['acme', 'globex', 'initech']);
  });
});
