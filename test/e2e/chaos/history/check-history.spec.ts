// The judge is judged: a history and a ledger that fit, and each way in which they may not.
import { describe, expect, it } from '@jest/globals';
import { encodeHeader } from '../../../../src/protocol/ledger/block-header.js';
import { bytesToBase64 } from '../../../../src/protocol/primitives/base64.js';
import type { Digest, TransactionId } from '../../../../src/protocol/primitives/identifiers.js';
import type { EvidencePage, ListedTransaction, Page } from '../../../../src/sdk/index.js';
import { certificateOf, sampleChain, sampleTransaction } from '../../../support/certified-blocks.js';
import { testGenesis } from '../../../support/signed-transactions.js';
import { checkHistory, type CheckedNode, type FullBlock } from './check-history.js';
import { History, type Answer, type HistoryEntry } from './history.js';

const genesis = testGenesis();
const HEIGHTS = [1, 2, 3, 4];
const ROOT = 'ab'.repeat(32) as Digest;

const ids = HEIGHTS.map((height) => sampleTransaction(genesis, `block-${height}`).id);
const blocks = sampleChain(genesis, HEIGHTS.length).map((block): FullBlock => {
  const { header, hash } = block;
  const { view, signatures } = certificateOf(genesis, block);
  return {
    height: header.height,
    hash,
    parentHash: header.parentHash,
    timestamp: '2026-03-01T08:00:00.000Z',
    epoch: 0,
    transactionCount: 1,
    transactionRoot: header.transactionRoot,
    result: { entryCount: 1, entriesRoot: ROOT, stateRoot: ROOT, record: '' },
    certified: true,
    header: bytesToBase64(encodeHeader(header)),
    certificate: {
      view,
      signatures: signatures.map(({ signer, signature }) => ({
        validator: signer,
        signature: bytesToBase64(signature),
      })),
    },
  };
});
const transactions = ids.map((id, place): ListedTransaction => ({
  id,
  height: place + 1,
  index: 0,
  outcome: {
    code: 'OK',
    signer: sampleTransaction(genesis, 'block-1').publicKey,
    identity: 'acme/submitter',
    custody: 'self',
  },
}));

interface Shown {
  readonly blocks?: readonly FullBlock[];
  readonly transactions?: readonly ListedTransaction[];
  readonly evidence?: readonly Pick<EvidencePage['items'][number], 'organisation' | 'meaning'>[];
}

/** Shows two items a page, so that pages are put together. */
function pageOf<Item>(items: readonly Item[], cursor = '0'): Promise<Page<Item>> {
  const from = Number(cursor);
  const next = from + 2 < items.length ? { nextCursor: String(from + 2) } : {};
  return Promise.resolve({ items: items.slice(from, from + 2), asOfHeight: items.length, ...next });
}

function createNode(organisation: string, shown: Shown = {}): CheckedNode {
  return {
    organisation,
    client: {
      blocks: (page) => pageOf(shown.blocks ?? blocks, page?.cursor),
      transactions: (page) => pageOf(shown.transactions ?? transactions, page?.cursor),
      evidence: () => Promise.resolve({ items: shown.evidence ?? [] } as unknown as EvidencePage),
      waitForReceipt: () => Promise.resolve(new Uint8Array()),
    },
  };
}

/** One session after the other, each transaction acknowledged where it is, in a second of its own. */
const told = ids.map((id, place): HistoryEntry => ({
  id,
  session: 'one',
  invokedAtMs: 1_000 * place,
  answeredAtMs: 1_000 * place + 500,
  answer: { kind: 'acknowledged', height: place + 1, index: 0 },
}));

function problemsOf(
  shown: Shown,
  entries: readonly HistoryEntry[] = told,
  receiptsMax = 0,
): Promise<readonly string[]> {
  const history = new History();
  history.entries.push(...entries);
  const nodes = [createNode('acme'), createNode('globex', shown)];
  return checkHistory({ nodes, genesis, genesisBytes: new Uint8Array(), history, receiptsMax });
}

const changed = <Item>(items: readonly Item[], place: number, change: Partial<Item>): readonly Item[] =>
  items.map((item, index) => (index === place ? { ...item, ...change } : item));
const withAnswer = (place: number, answer: Answer) => changed(told, place, { answer });

describe('the check of a history', () => {
  it('finds nothing wrong with a ledger that is what was told', async () => {
    expect(await problemsOf({})).toEqual([]);
    const stranger = { ...told[0]!, id: ROOT as string as TransactionId };
    const lost: HistoryEntry = { ...stranger, answer: { kind: 'indeterminate', code: 'REQUEST_TIMEOUT' } };
    const refused: HistoryEntry = { ...stranger, answer: { kind: 'refused', code: 'SIGNATURE_INVALID' } };
    expect(await problemsOf({}, [lost, refused, ...told])).toEqual([]);
  });

  it.each<[string, Shown, RegExp]>([
    ['a block that one of them lacks', { blocks: blocks.slice(0, 3) }, /hold 4 and 3 blocks/],
    [
      'another result',
      {
        blocks: changed(blocks, 2, {
          result: { ...blocks[2]!.result, stateRoot: ids[0]! as string as Digest },
        }),
      },
      /block 3 differs/,
    ],
    [
      'a hash that is not that of the header',
      { blocks: changed(blocks, 1, { hash: blocks[2]!.hash }) },
      /block 2 at globex is not what its hash says/,
    ],
    [
      'a block beside the chain',
      { blocks: changed(blocks, 3, { parentHash: blocks[0]!.hash }) },
      /block 4 at globex does not lie on the one before/,
    ],
    [
      'the certificate of another block',
      { blocks: changed(blocks, 1, { certificate: blocks[2]!.certificate }) },
      /block 2 at globex has no certificate that verifies/,
    ],
    [
      'no certificate',
      { blocks: changed(blocks, 1, { certificate: undefined }) },
      /block 2 at globex has no certificate/,
    ],
    [
      'other transactions',
      { transactions: changed(transactions, 0, { index: 1 }) },
      /the transactions of acme and globex differ/,
    ],
    [
      'evidence',
      { evidence: [{ organisation: 'acme', meaning: 'acme voted twice.' }] },
      /globex holds evidence: acme voted twice/,
    ],
  ])('finds %s', async (_name, shown, problem) => {
    expect(await problemsOf(shown)).toContainEqual(expect.stringMatching(problem));
  });

  it.each<[string, readonly HistoryEntry[], RegExp]>([
    [
      'what is elsewhere',
      withAnswer(1, { kind: 'acknowledged', height: 3, index: 0 }),
      /was acknowledged at 3\/0 and is at 2\/0/,
    ],
    [
      'what is lost',
      changed(told, 1, { id: ROOT as string as TransactionId }),
      /was acknowledged at 2\/0 and is at no place/,
    ],
    [
      'what was refused and is there',
      withAnswer(1, { kind: 'refused', code: 'MEMPOOL_FULL' }),
      /was refused \(MEMPOOL_FULL\) and is on the ledger/,
    ],
    [
      'what comes before what was answered before it',
      changed(told, 1, { invokedAtMs: 9_000, answeredAtMs: 9_500, session: 'two' }),
      /comes before it/,
    ],
    [
      'a session that goes back',
      [told[1]!, told[0]!].map((entry) => ({ ...entry, invokedAtMs: 0 })),
      /in session one is at 1, after 2/,
    ],
  ])('finds %s', async (_name, entries, problem) => {
    expect(await problemsOf({}, entries)).toContainEqual(expect.stringMatching(problem));
  });

  it('finds what is there twice, and a receipt that proves nothing', async () => {
    const twice = [...transactions, { ...transactions[0]!, height: 4, index: 1 }];
    const nodes = [createNode('acme', { transactions: twice })];
    const check = { nodes, genesis, genesisBytes: new Uint8Array(), history: new History() };
    expect(await checkHistory(check)).toContainEqual(expect.stringMatching(/at 1\/0 and at 4\/1/));
    expect(await problemsOf({}, told, 2)).toContainEqual(expect.stringMatching(/receipt .* does not prove/));
  });

  it('names who may be accused', async () => {
    const evidence = [{ organisation: 'acme', meaning: 'acme voted twice.' }];
    const nodes = [createNode('globex', { evidence })];
    const check = { nodes, genesis, genesisBytes: new Uint8Array(), history: new History() };
    expect(await checkHistory({ ...check, mayBeAccused: ['acme'] })).toEqual([]);
  });
});
