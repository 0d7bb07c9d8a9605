import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPublicKey, verify } from 'node:crypto';
import { createVerificationContext } from '../../src/node/verification-context.js';
import { ed25519Verifier } from '../../src/protocol/crypto/ed25519.js';
import { verifyEvidence, type Evidence } from '../../src/protocol/pbft/evidence.js';
import { CountersignClient, type EvidenceResource } from '../../src/sdk/index.js';
import { readProblem, signedFetch, testSigner } from '../support/api-client.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';
import {
  concealedCommit,
  conflictingCheckpoints,
  conflictingVotes,
  signedEvidence,
} from '../support/signed-evidence.js';
import { testGenesis } from '../support/signed-transactions.js';
import { EpochHistory } from '../../src/node/epochs/epoch-history.js';

const genesis = testGenesis();
const globex = genesis.validators[1]!;

let api: ApiApplication;
let node: InMemoryUseCases;
let client: CountersignClient;

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
  client = new CountersignClient(api.url, { credentials: { signer: testSigner('acme/auditor') } });
});
afterEach(() => api.close());

function hold(...evidence: readonly Evidence[]): void {
  for (const one of evidence) {
    const sequence = node.evidence.length + 1;
    node.evidence.push({ sequence, savedAtMs: Date.UTC(2026, 0, 31, 12) + sequence, evidence: one });
  }
}

async function itemOf(evidence: Evidence): Promise<EvidenceResource> {
  hold(evidence);
  const { items } = await client.evidence();
  return items.at(-1)!;
}

/** What OpenSSL says of a statement: an Ed25519 library that knows nothing of this ledger. */
function isSigned({ signedBytes, signature, publicKey }: EvidenceResource['statements'][number]): boolean {
  const x = Buffer.from(publicKey, 'hex').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(signedBytes, 'base64'), key, Buffer.from(signature, 'base64'));
}

describe('GET /v1/evidence', () => {
  it('is empty where nobody was seen to misbehave', async () => {
    expect(await (await signedFetch(`${api.url}/v1/evidence`)).json()).toEqual({ items: [] });
  });

  it.each(signedEvidence(genesis).map((evidence) => [evidence.type, evidence] as const))(
    'gives %s as two statements that anybody can check',
    async (type, evidence) => {
      expect(
        verifyEvidence(
          evidence,
          createVerificationContext(genesis, new EpochHistory(genesis), ed25519Verifier),
        ),
      ).toBe(true);
      const item = await itemOf(evidence);
      expect([item.kind, item.organisation, item.epoch]).toEqual([type, 'globex', 0]);
      expect(item.savedAt).toBe('2026-01-31T12:00:00.001Z');
      expect(item.meaning).toMatch(/^globex .+\.$/);
      expect(item.statements).toHaveLength(2);
      for (const statement of item.statements) {
        expect(statement.publicKey).toBe(globex.ledgerKey);
        expect(isSigned(statement)).toBe(true);
      }
      const [first, second] = item.statements;
      expect(first!.signedBytes).not.toBe(second!.signedBytes);
      expect(isSigned({ ...first!, signature: second!.signature })).toBe(false);
    },
  );

  it('tells what was voted on, and where', async () => {
    const item = await itemOf(conflictingVotes(genesis, { kind: 'commit', view: 1, height: 7 }));
    expect(item).toMatchObject({
      voteKind: 'commit',
      view: 1,
      height: 7,
      meaning: 'globex voted to commit two different blocks at height 7 in view 1.',
      statements: [
        { kind: 'commit', digest: 'a1'.repeat(32) },
        { kind: 'commit', digest: 'b2'.repeat(32) },
      ],
    });
  });

  it.each([
    ['propose', 7, 'globex proposed two different blocks for height 7 in view 5.'],
    ['viewChange', undefined, 'globex said two different things of its blocks when it left for view 5.'],
    ['newView', undefined, 'globex began view 5 twice, from different words of the others.'],
  ] as const)('names the height of a %s only when it has one', async (kind, height, meaning) => {
    const item = await itemOf(conflictingVotes(genesis, { kind, view: 5, height: height ?? 0 }));
    expect(item).toMatchObject({ voteKind: kind, view: 5, meaning });
    expect('height' in item ? item.height : undefined).toBe(height);
  });

  it('gives checkpoints as the text that was signed', async () => {
    const item = await itemOf(conflictingCheckpoints(genesis, 7));
    expect(item).toMatchObject({ kind: 'conflictingCheckpoints', height: 7 });
    expect('view' in item).toBe(false);
    const [first] = item.statements;
    const text = Buffer.from(first!.signedBytes, 'base64').toString('utf8');
    expect(text).toBe(`${genesis.origin}\n8\n${Buffer.alloc(32, 0xa1).toString('base64')}\n`);
  });

  it('gives a concealed commit with the claim and what proves its base', async () => {
    const item = await itemOf(concealedCommit(genesis));
    expect(item).toMatchObject({
      kind: 'concealedCommit',
      view: 1,
      height: 7,
      claim: {
        view: 3,
        base: { height: 5, blockHash: 'e5'.repeat(32) },
        tips: [{ view: 0, height: 6, blockHash: 'd4'.repeat(32) }],
      },
      baseCertificate: { view: 0, signatures: [{ validator: 0 }, { validator: 2 }, { validator: 3 }] },
      statements: [{ kind: 'commit' }, { kind: 'viewChange' }],
    });
    expect(await itemOf(concealedCommit(genesis, 0))).not.toHaveProperty('baseCertificate');
  });

  it('pages by opaque cursors of its own', async () => {
    hold(...signedEvidence(genesis));
    const first = await client.evidence({ limit: 2 });
    expect(first.items.map(({ sequence }) => sequence)).toEqual([1, 2]);
    const rest = await client.evidence({ limit: 2, cursor: first.nextCursor! });
    expect([rest.items.map(({ sequence }) => sequence), rest.nextCursor]).toEqual([[3], undefined]);
    const blocks = await signedFetch(`${api.url}/v1/blocks?cursor=${first.nextCursor!}`);
    expect(await readProblem(blocks)).toMatchObject({ code: 'CURSOR_INVALID' });
  });

  it.each([
    ['organisation=globex', 400, 'QUERY_PARAMETER_UNKNOWN'],
    ['limit=0', 400, 'LIMIT_INVALID'],
    ['limit=101', 400, 'LIMIT_INVALID'],
    ['cursor=', 400, 'CURSOR_INVALID'],
    ['cursor=abc', 400, 'CURSOR_INVALID'],
  ])('refuses ?%s', async (query, status, code) => {
    const response = await signedFetch(`${api.url}/v1/evidence?${query}`);
    expect([response.status, (await readProblem(response)).code]).toEqual([status, code]);
  });

  it('does not show evidence against a validator that the chain does not have', async () => {
    hold({ ...conflictingVotes(genesis), offender: 9 });
    expect(await readProblem(await signedFetch(`${api.url}/v1/evidence`))).toMatchObject({
      code: 'DATABASE_CORRUPT',
    });
  });
});
