/**
 * Judges a ledger by what its clients were told. The chain itself is the order in which everything happened, so no search is
 * needed: all nodes hold the same chain with certificates that verify; what was acknowledged is on it once, where it was
 * acknowledged; what was refused is not; who was answered before another one asked comes before it.
 */
import { parseBase64 } from '../../../../src/protocol/primitives/base64.js';
import type { Genesis } from '../../../../src/protocol/ledger/genesis.js';
import { decodeHeader, hashHeader } from '../../../../src/protocol/ledger/block-header.js';
import {
  verifyQuorumCertificate,
  type VerificationContext,
} from '../../../../src/protocol/pbft/certificate.js';
import { createVerificationContext } from '../../../../src/node/verification-context.js';
import type { BlockBodyView } from '../../../../src/api/blocks/block-schemas.js';
import {
  ed25519Verifier,
  verifyReceipt,
  type BlockResource,
  type CountersignClient,
  readableItems,
  type ListedTransaction,
  type Page,
} from '../../../../src/sdk/index.js';
import type { History, HistoryEntry } from './history.js';
import { EpochHistory } from '../../../../src/node/epochs/epoch-history.js';

export interface CheckedNode {
  readonly organisation: string;
  readonly client: Pick<CountersignClient, 'blocks' | 'transactions' | 'evidence' | 'waitForReceipt'>;
}

export interface HistoryCheck {
  readonly nodes: readonly CheckedNode[];
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly history: History;
  /** Who may have signed what no correct validator signs. */
  readonly mayBeAccused?: readonly string[];
  /** What earlier checks have verified of this chain, as a node showed it; added to. */
  readonly verified?: Set<string>;
  /** Of a ledger whose members have changed. */
  readonly epochs?: EpochHistory;
  /** Receipts that are fetched and verified at most, spread evenly over what was acknowledged. */
  readonly receiptsMax?: number;
}

/** `/v1/blocks` tells more than the client library declares. */
export type FullBlock = BlockResource & Pick<BlockBodyView, 'header' | 'certificate'>;

interface Ledger {
  readonly organisation: string;
  readonly blocks: readonly FullBlock[];
  readonly transactions: readonly ListedTransaction[];
}

type Acknowledged = HistoryEntry & { readonly answer: { readonly kind: 'acknowledged' } };

const PROBLEMS_MAX = 20;
const PAGE_LIMIT = 200;
const RECEIPTS_MAX = 24;

async function readAll<Item>(read: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

async function readLedger({ organisation, client }: CheckedNode): Promise<Ledger> {
  const page = (cursor: string | undefined) => ({
    limit: PAGE_LIMIT,
    ...(cursor === undefined ? {} : { cursor }),
  });
  return {
    organisation,
    blocks: await readAll(async (cursor) => (await client.blocks(page(cursor))) as Page<FullBlock>),
    transactions: readableItems(await readAll((cursor) => client.transactions(page(cursor)))),
  };
}

/** A quorum of valid COMMITs made it final. */
function isFinal({ height, hash, epoch, certificate }: FullBlock, context: VerificationContext): boolean {
  if (certificate === undefined) return false;
  const { view, signatures } = certificate;
  const votes = signatures.map(({ validator, signature }) => ({
    signer: validator,
    signature: parseBase64(signature)!,
  }));
  return verifyQuorumCertificate(
    { kind: 'commit', epoch, view, height, blockHash: hash, signatures: votes },
    context,
  );
}

/** Each block is what its hash says, lies on the one before, and has a certificate. */
function* checkChain(
  { organisation, blocks }: Ledger,
  context: VerificationContext,
  verified: Set<string>,
): Generator<string> {
  for (const [place, block] of blocks.entries()) {
    const { height, hash, parentHash, certificate } = block;
    const name = `block ${height} at ${organisation}`;
    if (height !== place + 1) yield `${name} is the ${place + 1}. of the list`;
    if (place > 0 && parentHash !== blocks[place - 1]?.hash) yield `${name} does not lie on the one before`;
    const shown = JSON.stringify([height, hash, parentHash, block.header, certificate]);
    if (verified.has(shown)) continue;
    verified.add(shown);
    const header = decodeHeader(parseBase64(block.header)!);
    const isItself = header.ok && header.value.height === height && header.value.parentHash === parentHash;
    if (!isItself || hashHeader(header.value) !== hash) yield `${name} is not what its hash says`;
    if (!isFinal(block, context)) yield `${name} has no certificate that verifies`;
  }
}

/** Certificates may differ: each node keeps the first quorum that it heard. */
function* compareLedgers(one: Ledger, other: Ledger): Generator<string> {
  const names = `${one.organisation} and ${other.organisation}`;
  if (one.blocks.length !== other.blocks.length)
    yield `${names} hold ${one.blocks.length} and ${other.blocks.length} blocks`;
  for (const [place, block] of one.blocks.entries()) {
    const twin = other.blocks[place];
    if (twin === undefined) return;
    const isSame =
      block.hash === twin.hash &&
      block.header === twin.header &&
      JSON.stringify(block.result) === JSON.stringify(twin.result);
    if (!isSame) yield `block ${block.height} differs at ${names}`;
  }
  if (JSON.stringify(one.transactions) !== JSON.stringify(other.transactions))
    yield `the transactions of ${names} differ`;
}

/** What each answer said is what all hold; the nodes were compared before, so one of them speaks for all. */
function* checkAnswers({ transactions }: Ledger, { entries }: History): Generator<string> {
  const places = new Map<string, string>();
  for (const { id, height, index } of transactions) {
    if (places.has(id)) yield `${id} is on the ledger at ${places.get(id)} and at ${height}/${index}`;
    places.set(id, `${height}/${index}`);
  }
  for (const { id, answer } of entries) {
    const place = places.get(id);
    if (answer.kind === 'refused' && place !== undefined)
      yield `${id} was refused (${answer.code}) and is on the ledger at ${place}`;
    if (answer.kind !== 'acknowledged') continue;
    const told = `${answer.height}/${answer.index}`;
    if (place !== told) yield `${id} was acknowledged at ${told} and is at ${place ?? 'no place'}`;
  }
}

function isAfter({ answer: one }: Acknowledged, { answer: other }: Acknowledged): boolean {
  return one.height === other.height ? one.index > other.index : one.height > other.height;
}

/** Answered before another one was asked for means: earlier on the ledger. One sweep over the moments in their order. */
function* checkRealTime(acknowledged: readonly Acknowledged[]): Generator<string> {
  const byAnswer = acknowledged.toSorted((one, other) => one.answeredAtMs - other.answeredAtMs);
  const byInvocation = acknowledged.toSorted((one, other) => one.invokedAtMs - other.invokedAtMs);
  let latest: Acknowledged | undefined;
  let answered = 0;
  for (const entry of byInvocation) {
    for (let next = byAnswer[answered]; next !== undefined; next = byAnswer[answered]) {
      if (next.answeredAtMs >= entry.invokedAtMs) break;
      if (latest === undefined || isAfter(next, latest)) latest = next;
      answered += 1;
    }
    if (latest !== undefined && !isAfter(entry, latest))
      yield `${entry.id} was asked for after ${latest.id} was answered, and comes before it`;
  }
}

function* checkSessions(acknowledged: readonly Acknowledged[]): Generator<string> {
  const heights = new Map<string, number>();
  for (const { session, id, answer } of acknowledged) {
    const before = heights.get(session) ?? 0;
    if (answer.height < before) yield `${id} in session ${session} is at ${answer.height}, after ${before}`;
    heights.set(session, answer.height);
  }
}

async function* checkReceipts(
  { nodes, genesisBytes, receiptsMax = RECEIPTS_MAX }: HistoryCheck,
  acknowledged: readonly Acknowledged[],
): AsyncGenerator<string> {
  if (receiptsMax === 0) return;
  const step = Math.max(1, Math.ceil(acknowledged.length / receiptsMax));
  for (let place = 0; place < acknowledged.length; place += step) {
    const { id, answer } = acknowledged[place]!;
    const { organisation, client } = nodes[(place / step) % nodes.length]!;
    const verified = verifyReceipt(await client.waitForReceipt(id), genesisBytes);
    const told = verified.ok ? verified.value : undefined;
    const isRight =
      told?.transactionId === id && told.height === answer.height && told.index === answer.index;
    if (!isRight) yield `the receipt of ${id} from ${organisation} does not prove what was acknowledged`;
  }
}

async function* checkEvidence({ nodes, mayBeAccused = [] }: HistoryCheck): AsyncGenerator<string> {
  for (const { organisation: witness, client } of nodes) {
    const { items } = await client.evidence();
    for (const { organisation, meaning } of items) {
      if (!mayBeAccused.includes(organisation)) yield `${witness} holds evidence: ${meaning}`;
    }
  }
}

async function* findProblems(check: HistoryCheck): AsyncGenerator<string> {
  const { nodes, genesis, history, verified = new Set(), epochs = new EpochHistory(genesis) } = check;
  const context = createVerificationContext(genesis, epochs, ed25519Verifier);
  const ledgers = await Promise.all(nodes.map(readLedger));
  for (const ledger of ledgers) {
    yield* checkChain(ledger, context, verified);
    if (ledger !== ledgers[0]) yield* compareLedgers(ledgers[0]!, ledger);
  }
  yield* checkAnswers(ledgers[0]!, history);
  const acknowledged = history.entries.filter(
    ({ answer }) => answer.kind === 'acknowledged',
  ) as Acknowledged[];
  yield* checkRealTime(acknowledged);
  yield* checkSessions(acknowledged);
  yield* checkReceipts(check, acknowledged);
  yield* checkEvidence(check);
}

/** What is wrong, in words; empty when nothing is. The nodes must have come to rest at one height (awaitAgreement). */
export async function checkHistory(check: HistoryCheck): Promise<readonly string[]> {
  const problems: string[] = [];
  for await (const problem of findProblems(check)) {
    problems.push(problem);
    if (problems.length === PROBLEMS_MAX) break;
  }
  return problems;
}
