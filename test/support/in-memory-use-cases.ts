/**
 * The node's use cases over a plain array, for tests of the REST edge alone: transactions are checked for form, wait
 * until `commit` is called, and then are on the ledger. No consensus, no storage; test/e2e runs the real ones.
 */
import type {
  BlockSummary,
  HistoryEntry,
  LedgerReader,
  RawTransaction,
  Signer,
  StoredEvidence,
  StoredTransaction,
} from '../../src/node/ports.js';
import type {
  AuditExports,
  CheckpointNote,
  CoseReceiptAnswer,
  NodeReadiness,
  NodeStatusReport,
  Records,
  SubmitResult,
  SubmitTransaction,
  TransactionStatus,
} from '../../src/node/use-cases.js';
import { createAccessClock, type AccessClock } from '../../src/api/access-clock.js';
import { systemClock } from '../../src/system-clock.js';
import type { ApiPorts } from '../../src/api/api-ports.js';
import { StoredLogProofs } from '../../src/node/log/log-proofs.js';
import { CredentialDirectory } from '../../src/node/receipts/credential-directory.js';
import { ReadingPolicies } from '../../src/node/members/reading-policies.js';
import { Custodian } from '../../src/node/submission/custodian.js';
import { MemberDirectory } from '../../src/node/members/member-directory.js';
import { judgeChange } from '../../src/node/members/preflight.js';
import { MotionDirectory } from '../../src/node/members/motion-directory.js';
import { createVerificationContext } from '../../src/node/verification-context.js';
import { ed25519Verifier } from '../../src/protocol/crypto/ed25519.js';
import { resolveSigner } from '../../src/protocol/governance/signer.js';
import { genesisState } from '../../src/protocol/governance/genesis-state.js';
import { encodeHeader, hashHeader, type BlockHeader } from '../../src/protocol/ledger/block-header.js';
import { encodeOutcome, type Outcome } from '../../src/protocol/ledger/outcome.js';
import { encodeResultRecord } from '../../src/protocol/ledger/result-record.js';
import { decodeSignedTransaction } from '../../src/protocol/ledger/transaction.js';
import {
  ZERO_DIGEST,
  type Digest,
  type BlockHash,
  type ChainId,
  type PublicKey,
  type TransactionId,
} from '../../src/protocol/primitives/identifiers.js';
import { compareBytes } from '../../src/protocol/primitives/bytes.js';
import { LedgerError } from '../../src/protocol/primitives/ledger-error.js';
import type { Rejection } from '../../src/protocol/primitives/rejection.js';
import {
  isStateKind,
  stateKey,
  stateKeyDigest,
  stateValueDigest,
  type StateKey,
} from '../../src/protocol/state/state-key.js';
import { SAMPLE_REPORT } from './sample-status.js';
import { testGenesis } from './signed-transactions.js';
import { EpochHistory } from '../../src/node/epochs/epoch-history.js';

export const TEST_CHAIN = 'ab'.repeat(32) as ChainId;
export const TEST_KEY = 'cd'.repeat(32) as PublicKey;
const TIME_MS = Date.UTC(2026, 0, 31, 12);

function headerOf(height: number, parentHash: BlockHash, transactionCount: number): BlockHeader {
  return {
    chainId: TEST_CHAIN,
    epoch: 0,
    height,
    originView: 0,
    proposer: 1,
    parentHash,
    transactionRoot: ZERO_DIGEST,
    transactionCount,
    bodyBytes: 0,
    resultRoot: ZERO_DIGEST,
    validatorsDigest: ZERO_DIGEST,
    nextValidatorsDigest: ZERO_DIGEST,
    timestampMs: TIME_MS + height,
    epochFinal: false,
  };
}

export class InMemoryUseCases {
  readonly pending = new Map<TransactionId, RawTransaction>();
  readonly stored: StoredTransaction[] = [];
  readonly blocks: BlockSummary[] = [];
  readonly histories = new Map<StateKey, HistoryEntry[]>();
  /** As genesis founds it. */
  readonly state = new Map(genesisState(testGenesis()).map(({ key, value }) => [key, value]));
  /** Against validators of testGenesis. */
  readonly evidence: StoredEvidence[] = [];
  readonly logged: { level: string; message: string; fields: unknown }[] = [];
  certifiedHeight = 0;
  /** Lowest height whose state is kept. */
  earliestState = 0;
  readiness: NodeReadiness = { ready: true };
  role: ApiPorts['role'] = 'validator';
  /** In the node's keystore. */
  readonly custodialKeys = new Map<PublicKey, Signer>();
  /** Since long before; a test may set it. */
  clock: AccessClock = { ...createAccessClock(systemClock), startedAtMs: 0 };
  refusal: Rejection | undefined;
  databaseDown = false;
  private waiters: (() => void)[] = [];

  /** As of an index that nothing was put into; a test may give others. */
  records: Records = {
    standing: () => ({ height: this.blocks.length, problem: undefined }),
    indexedHeight: async () => this.blocks.length,
    search: async () => ({ items: [], next: undefined }),
    trace: async (_reader, { subject }) => ({
      nodes: [{ subject, depth: 0, open: false }],
      edges: [],
      events: [],
      withheld: [],
      truncated: undefined,
    }),
  };

  /** Puts everything that waits into the next block. */
  commit(
    outcome: Outcome = { code: 'OK', signer: TEST_KEY, identity: 'acme/scanner-1', custody: 'self' },
  ): void {
    const height = this.blocks.length + 1;
    const parent = this.blocks.at(-1)?.hash ?? (ZERO_DIGEST as unknown as BlockHash);
    const header = headerOf(height, parent, this.pending.size);
    const hash = hashHeader(header);
    const resultRecord = encodeResultRecord({
      chainId: TEST_CHAIN,
      epoch: 0,
      height,
      timestampMs: header.timestampMs,
      blockHash: hash,
      entryCount: this.pending.size,
      entriesRoot: ZERO_DIGEST,
      stateRoot: ZERO_DIGEST,
      validatorsDigest: ZERO_DIGEST,
      nextValidatorsDigest: ZERO_DIGEST,
    });
    this.blocks.push({
      height,
      hash,
      header,
      headerBytes: encodeHeader(header),
      resultRecord,
      certificate: undefined,
      certified: false,
    });
    for (const [id, raw] of this.pending) {
      this.stored.push({ ...raw, id, height, index: this.indexIn(height), outcome: encodeOutcome(outcome) });
    }
    this.pending.clear();
    for (const wake of this.waiters.splice(0)) wake();
  }

  /** Countersigns everything so far. */
  certify(): void {
    this.certifiedHeight = this.blocks.length;
    for (const [index, block] of this.blocks.entries()) this.blocks[index] = { ...block, certified: true };
    for (const wake of this.waiters.splice(0)) wake();
  }

  readonly submission: SubmitTransaction = {
    submit: async (raw) => this.submitOne(raw),
    submitBatch: async (raws) => raws.map((raw) => this.submitOne(raw)),
    awaitOutcome: async (id, until, timeoutMs) => {
      const reached = () => {
        const status = this.statusOf(id);
        if (status?.status !== 'COMMITTED') return false;
        return until === 'commit' || status.height <= this.certifiedHeight;
      };
      while (!reached() && timeoutMs > 0) await new Promise<void>((resolve) => this.waiters.push(resolve));
      return reached() ? this.statusOf(id) : undefined;
    },
    findStatus: async (id) => this.statusOf(id),
  };

  ports(): ApiPorts {
    const role = (): ApiPorts['role'] => this.role;
    return {
      organisation: 'acme',
      callers: {
        find: async (publicKey) =>
          resolveSigner({ get: (key) => this.state.get(key) }, publicKey, this.blocks.length + 1),
      },
      custody: new Custodian({
        keys: { find: async (publicKey) => this.custodialKeys.get(publicKey) },
        chainId: TEST_CHAIN,
        epochs: new EpochHistory(testGenesis()),
        executedHeight: () => this.blocks.length,
      }),
      reading: new ReadingPolicies({
        readState: async (keys) => new Map([...this.state].filter(([key]) => keys.includes(key))),
        readOrganisations: async () =>
          [...this.state].flatMap(([key, value]) =>
            isStateKind(key, 'organisation') ? [{ key, value }] : [],
          ),
      }),
      exports: { open: (from, to) => this.exports.open(from, to) },
      verifier: ed25519Verifier,
      clock: this.clock,
      get role() {
        return role();
      },
      submission: this.submission,
      receipts: {
        build: async (id) => {
          const status = this.statusOf(id);
          if (status === undefined) return undefined;
          if (status.status !== 'COMMITTED') return 'notCommitted';
          if (status.height > this.certifiedHeight) return 'notCertifiedYet';
          return Buffer.from(`{"format":"countersign-receipt/v1","id":"${id}"}`);
        },
      },
      coseReceipts: {
        build: async (id) => {
          const status = this.statusOf(id);
          if (status === undefined) return { kind: 'unknown' };
          if (status.status !== 'COMMITTED') return { kind: 'notCommitted' };
          if (status.height > this.certifiedHeight) return { kind: 'notCertifiedYet' };
          return this.coseAnswer;
        },
      },
      credentials: new CredentialDirectory(this.reader, () => this.blocks.length),
      checkpoints: {
        latest: async () => this.noteAt(this.certifiedHeight),
        at: async (height) => this.noteAt(height),
      },
      logProofs: new StoredLogProofs({
        genesis: testGenesis(),
        epochs: new EpochHistory(testGenesis()),
        ended: { find: async () => undefined },
        reader: this.reader,
      }),
      proofs: {
        subjectHistory: async ({ subject, from, limit, atHeight, readable }) => {
          const height = atHeight ?? this.certifiedHeight;
          const window = { earliest: this.earliestState, latest: this.certifiedHeight };
          if (height > this.blocks.length) return { refused: 'heightNotReached', ...window };
          if (height > this.certifiedHeight) return { refused: 'notCountersigned', ...window };
          if (height < this.earliestState) return { refused: 'heightNotKept', ...window };
          const key = stateKey('subject', subject);
          const { total, entries } = await this.reader.readHistory(key, from, limit, height);
          if (from > 0 && from >= total) return { refused: 'beyondEnd', ...window };
          const isReadable = await readable(entries);
          const shown = entries.map((entry) => (isReadable(entry) ? 'record' : 'digest'));
          const next = from + entries.length;
          const file = Buffer.from(
            JSON.stringify({ format: 'countersign-history/v1', subject, from, count: total, shown }),
          );
          return { file, height, next: next < total ? next : undefined };
        },
        readState: async (key, atHeight = this.blocks.length) => {
          const window = { earliest: this.earliestState, latest: this.blocks.length };
          if (atHeight > this.blocks.length) return { refused: 'heightNotReached', ...window };
          if (atHeight < this.earliestState) return { refused: 'heightNotKept', ...window };
          return { height: atHeight, value: this.state.get(key) };
        },
        proveState: async ({ keyText }, atHeight = this.certifiedHeight) => ({
          file: Buffer.from(JSON.stringify({ format: 'countersign-state/v1', key: keyText })),
          height: atHeight,
        }),
      },
      members: new MemberDirectory(this.reader, testGenesis()),
      records: this.records,
      motions: new MotionDirectory(this.reader, testGenesis()),
      preflights: {
        judge: (step, organisation) =>
          judgeChange(step, organisation, {
            validators: this.report().validators,
            learners: [],
            head: this.report().height,
            pipelineDepth: testGenesis().parameters.pipelineDepth,
            pendingFirstHeight: undefined,
          }),
      },
      status: {
        read: () => this.report(),
        health: () => SAMPLE_REPORT.health,
        readiness: () => this.readiness,
      },
      reader: this.reader,
      genesis: Buffer.from('{"format":"countersign-genesis/v1"}'),
      chain: createVerificationContext(testGenesis(), new EpochHistory(testGenesis()), ed25519Verifier),
      transactionBytesMax: () => 65_536,
      log: (level, message, fields) => this.logged.push({ level, message, fields }),
    };
  }

  /** What is exported unless a test says otherwise: a range that nobody has countersigned. */
  exports: AuditExports = {
    open: async () => ({ refused: 'notCountersigned', certifiedHeight: this.certifiedHeight }),
  };

  /** For every transaction whose block is countersigned. */
  coseAnswer: CoseReceiptAnswer = { kind: 'receipt', bytes: Uint8Array.of(0xa0) };

  private readonly reader: LedgerReader = {
    findTransaction: async (id) => this.stored.find((transaction) => transaction.id === id),
    listTransactions: async (after, limit, filter) => {
      const isAfter = ({ height, index }: StoredTransaction) =>
        after === undefined || height > after.height || (height === after.height && index > after.index);
      const wanted = this.stored.filter(
        (one) => filter?.height === undefined || one.height === filter.height,
      );
      return wanted.filter(isAfter).slice(0, limit);
    },
    readEntries: async (height) => this.stored.filter((transaction) => transaction.height === height),
    readBlock: async (height) => this.blocks[height - 1],
    listBlocks: async ({ after, before }, limit) =>
      before === undefined
        ? this.blocks.filter(({ height }) => height > (after ?? 0)).slice(0, limit)
        : this.blocks
            .filter(({ height }) => height < before)
            .reverse()
            .slice(0, limit),
    readHistory: async (history, from, limit, atHeight = Infinity) => {
      const entries = (this.histories.get(history) ?? []).filter(({ height }) => height <= atHeight);
      return { total: entries.length, entries: entries.slice(from, from + limit) };
    },
    readHistoryLeaves: async () => [],
    readHistoryNodes: async () => [],
    readBuckets: async () => [],
    listState: async (prefix, { after, limit }) => {
      const keys = [...this.state.keys()].filter((key) => key.startsWith(prefix) && key > (after ?? ''));
      const entries = keys.sort().map((key) => ({ key, value: this.state.get(key)! }));
      return { asOfHeight: this.blocks.length, entries: entries.slice(0, limit) };
    },
    readResult: async (height) => {
      const block = this.blocks[height - 1];
      const logRoot = 'ab'.repeat(32) as Digest;
      return block && { height, header: block.headerBytes, resultRecord: block.resultRecord, logRoot };
    },
    listStateDigests: async (after, limit) => {
      const entries = [...this.state]
        .map(([key, value]) => ({
          key,
          keyDigest: stateKeyDigest(key),
          valueDigest: stateValueDigest(value),
        }))
        .filter(({ keyDigest }) => after === undefined || compareBytes(keyDigest, after) > 0)
        .sort((left, right) => compareBytes(left.keyDigest, right.keyDigest));
      return { asOfHeight: this.blocks.length, entries: entries.slice(0, limit) };
    },
    readCheckpoint: async () => undefined,
    firstCheckpointFrom: async () => undefined,
    highestCheckpoint: async () => undefined,
    readLogNodes: async () => [],
    headHeight: async () => {
      if (this.databaseDown) throw new LedgerError('DATABASE_UNAVAILABLE', 'no answer from db.internal:5432');
      return this.blocks.length;
    },
    listEvidence: async (after, limit) =>
      this.evidence.filter(({ sequence }) => sequence > after).slice(0, limit),
    ping: async () => {
      if (this.databaseDown) throw new LedgerError('DATABASE_UNAVAILABLE', 'no answer from db.internal:5432');
    },
  };

  private indexIn(height: number): number {
    return this.stored.filter((transaction) => transaction.height === height).length;
  }

  private submitOne(raw: RawTransaction): SubmitResult {
    if (this.refusal !== undefined) return { kind: 'rejected', rejection: this.refusal };
    const decoded = decodeSignedTransaction(raw.body, raw.signature, { transactionBytesMax: 65_536 });
    if (!decoded.ok) return { kind: 'rejected', rejection: decoded.rejection };
    const { id } = decoded.value;
    const status = this.statusOf(id);
    if (status?.status === 'COMMITTED') return { kind: 'committed', status };
    this.pending.set(id, raw);
    return { kind: 'pending', id };
  }

  private statusOf(id: TransactionId): TransactionStatus | undefined {
    if (this.pending.has(id)) return { id, status: 'PENDING' };
    const found = this.stored.find((transaction) => transaction.id === id);
    if (found === undefined) return undefined;
    const { height, index } = found;
    const outcome: Outcome = { code: 'OK', signer: TEST_KEY, identity: 'acme/scanner-1', custody: 'self' };
    return { id, status: 'COMMITTED', height, index, timestampMs: TIME_MS + height, outcome };
  }

  private noteAt(height: number): CheckpointNote | undefined {
    if (height === 0 || height > this.certifiedHeight) return undefined;
    return { height, note: `countersign/test/abababababababab\n${height + 1}\nAAAA\n\n— acme AAAA\n` };
  }

  private report(): NodeStatusReport {
    return {
      ...SAMPLE_REPORT,
      height: this.blocks.length,
      certifiedHeight: this.certifiedHeight,
      mempool: { transactions: this.pending.size, bytes: 0 },
    };
  }
}
