/**
 * The database's twin in memory for specs of the node: keeps executed blocks as the LedgerStore contract says. It can be
 * away (every call rejects DATABASE_UNAVAILABLE) and it can be held, so that answers come when the test lets them.
 */
import type {
  BlockToCommit,
  JournalPosition,
  LedgerStore,
  StateEntry,
  StatePage,
  StatePageBounds,
  StateRow,
  StoredEpochTerms,
  StoredHead,
  SyncedBlock,
} from '../../src/node/ports.js';
import type {
  CertifiedResult,
  ExecutedBlock,
  GenesisResult,
} from '../../src/protocol/execution/executed-block.js';
import type { CheckpointCertificate, QuorumCertificate } from '../../src/protocol/pbft/certificate.js';
import { EPOCH_TERMS_PREFIX, PENDING_TERMS_KEY } from '../../src/protocol/governance/epoch-state.js';
import { evidenceSlot, type Evidence } from '../../src/protocol/pbft/evidence.js';
import { compareBytes } from '../../src/protocol/primitives/bytes.js';
import type { Digest, Height, TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { LedgerError } from '../../src/protocol/primitives/ledger-error.js';
import { isStateKind, type StateKey, type StateKind } from '../../src/protocol/state/state-key.js';

type StoredRow = Required<Omit<StateRow, 'bucket'>> & { readonly bucket: number };

export interface StoredBlock {
  readonly executed: ExecutedBlock;
  readonly certificate: QuorumCertificate;
  readonly journal: JournalPosition;
}

export class SimulatedLedgerStore implements LedgerStore {
  /** Names of the calls so far. */
  readonly calls: string[] = [];
  readonly blocks: StoredBlock[] = [];
  readonly checkpoints = new Map<Height, CheckpointCertificate>();
  /** By slot. */
  readonly evidence = new Map<string, Evidence>();
  /** Ids that are on the ledger besides those of `blocks`. */
  readonly committedIds = new Set<TransactionId>();
  /** What every call rejects with. */
  failure: Error | undefined;
  private genesis: GenesisResult | undefined;
  private readonly rows = new Map<StateKey, StoredRow>();
  private gate: Promise<void> = Promise.resolve();

  setAvailable(available: boolean): void {
    this.failure = available ? undefined : new LedgerError('DATABASE_UNAVAILABLE', 'the database is away');
  }

  /** Keeps answers back until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.gate = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      release();
    };
  }

  callsOf(name: keyof LedgerStore): number {
    return this.calls.filter((call) => call === name).length;
  }

  /** Changes a row behind the node's back. */
  corruptState(): void {
    const [first] = this.rows;
    if (first === undefined) throw new RangeError('the state is empty');
    this.rows.set(first[0], { ...first[1], valueDigest: first[1].valueDigest.map((byte) => byte ^ 1) });
  }

  /** The state in the order of the tree. */
  stateRows(): readonly StoredRow[] {
    return [...this.rows.values()].sort(byBucketAndKey);
  }

  /** Changes the last bit of a value behind the node's back, its digest left as it was. */
  corruptValue(key: StateKey): void {
    const row = this.rows.get(key);
    if (row === undefined) throw new RangeError(`the state has no ${key}`);
    const last = row.value.length - 1;
    this.rows.set(key, { ...row, value: row.value.map((byte, index) => (index === last ? byte ^ 1 : byte)) });
  }

  get founded(): GenesisResult | undefined {
    return this.genesis;
  }

  /** What the reader's twin reads. */
  listState(prefix: StateKey, { after, limit }: StatePageBounds): StatePage {
    const keys = [...this.rows.keys()].filter((key) => key.startsWith(prefix) && key > (after ?? ''));
    const entries = keys.sort().flatMap((key) => {
      const value = this.rows.get(key)?.value;
      return value === undefined ? [] : [{ key, value }];
    });
    return { asOfHeight: this.blocks.length, entries: entries.slice(0, limit) };
  }

  /** Results of genesis and of every block, in order. */
  results(): readonly CertifiedResult[] {
    return [
      ...(this.genesis === undefined ? [] : [this.genesis]),
      ...this.blocks.map(({ executed }) => executed),
    ];
  }

  /** Ids of all transactions in the order of the chain. */
  committedTransactions(): readonly TransactionId[] {
    return this.blocks.flatMap(({ executed }) =>
      executed.transactions.map(({ transaction }) => transaction.id),
    );
  }

  /** Everything that a node may have written: what is not final must leave it as it was. */
  contents(): string {
    const rows = [...this.rows.values()]
      .sort(byBucketAndKey)
      .map(({ key, valueDigest }) => [key, valueDigest]);
    const blocks = this.blocks.map(({ executed }) => executed.block.hash);
    return JSON.stringify([blocks, rows, [...this.checkpoints.keys()], [...this.evidence.keys()]]);
  }

  loadHead(): Promise<StoredHead | undefined> {
    return this.answer('loadHead', () => this.head());
  }

  initialise(genesis: GenesisResult): Promise<StoredHead> {
    return this.answer('initialise', () => {
      if (this.genesis === undefined) {
        this.genesis = genesis;
        this.write(genesis);
      }
      if (this.genesis.logRoot !== genesis.logRoot)
        throw new LedgerError('GENESIS_MISMATCH', 'the ledger was made from another genesis');
      return this.head()!;
    });
  }

  async *streamLeaves(): ReturnType<LedgerStore['streamLeaves']> {
    const rows = await this.answer('streamLeaves', () => [...this.rows.values()].sort(byBucketAndKey));
    for (let start = 0; start < rows.length; start += 2) yield rows.slice(start, start + 2).map(rowToLeaf);
  }

  readBuckets(keys: Parameters<LedgerStore['readBuckets']>[0]): Promise<readonly StateRow[]> {
    return this.answer('readBuckets', () => {
      const buckets = new Set(keys.map(({ bucket }) => bucket));
      const asked = new Set(keys.map(({ key }) => key));
      return [...this.rows.values()]
        .filter(({ bucket }) => buckets.has(bucket))
        .sort(byBucketAndKey)
        .map((row) =>
          asked.has(row.key)
            ? row
            : { bucket: row.bucket, keyDigest: row.keyDigest, valueDigest: row.valueDigest },
        );
    });
  }

  readState(keys: readonly StateKey[]): Promise<ReadonlyMap<StateKey, Uint8Array>> {
    return this.answer('readState', () => {
      const found = keys.flatMap((key) => this.rows.get(key) ?? []);
      return new Map(found.map(({ key, value }) => [key, value]));
    });
  }

  readSigners(limit: number): Promise<readonly StateEntry[]> {
    return this.answer('readSigners', () => this.entries('signer').slice(0, limit));
  }

  readOrganisations(): Promise<readonly StateEntry[]> {
    return this.answer('readOrganisations', () => this.entries('organisation'));
  }

  readEpochTerms(): Promise<StoredEpochTerms> {
    return this.answer('readEpochTerms', () => {
      const terms = this.entries('validators');
      return {
        ended: terms.filter(({ key }) => key.startsWith(EPOCH_TERMS_PREFIX)),
        pending: terms.find(({ key }) => key === PENDING_TERMS_KEY),
      };
    });
  }

  commitBlocks(blocks: readonly BlockToCommit[], journal: JournalPosition): Promise<void> {
    return this.answer('commitBlocks', () => {
      for (const [index, { executed }] of blocks.entries()) {
        const { height } = executed.block.header;
        if (height !== this.blocks.length + 1 + index)
          throw new RangeError(`block ${height} after ${this.blocks.length + index}`);
      }
      for (const { executed, certificate } of blocks) {
        this.blocks.push({ executed, certificate, journal });
        this.write(executed);
      }
    });
  }

  saveCheckpoint(certificate: CheckpointCertificate): Promise<void> {
    return this.answer('saveCheckpoint', () => {
      this.checkpoints.set(certificate.height, certificate);
    });
  }

  findCommittedIds(ids: readonly TransactionId[]): Promise<ReadonlySet<TransactionId>> {
    return this.answer('findCommittedIds', () => {
      const stored = new Set(this.committedIds);
      for (const { executed } of this.blocks)
        for (const { transaction } of executed.transactions) stored.add(transaction.id);
      return new Set(ids.filter((id) => stored.has(id)));
    });
  }

  readBlocks(from: Height, to: Height): Promise<readonly SyncedBlock[]> {
    return this.answer('readBlocks', () =>
      this.blocks.slice(Math.max(0, from - 1), Math.max(0, to)).map(({ executed, certificate }) => ({
        block: executed.block,
        certificate,
        checkpoint: this.checkpoints.get(executed.block.header.height),
      })),
    );
  }

  readLogRoots(from: Height, to: Height): Promise<ReadonlyMap<Height, Digest>> {
    return this.answer('readLogRoots', () => {
      const roots = new Map<Height, Digest>();
      for (let height = from; height <= to; height++) {
        const result = height === 0 ? this.genesis : this.blocks[height - 1]?.executed;
        if (result !== undefined) roots.set(height, result.logRoot);
      }
      return roots;
    });
  }

  highestCheckpoint(): Promise<CheckpointCertificate | undefined> {
    return this.answer('highestCheckpoint', () => this.checkpoints.get(Math.max(...this.checkpoints.keys())));
  }

  saveEvidence(evidence: Evidence): Promise<void> {
    return this.answer('saveEvidence', () => {
      const slot = evidenceSlot(evidence);
      if (!this.evidence.has(slot)) this.evidence.set(slot, evidence);
    });
  }

  private async answer<Value>(name: keyof LedgerStore, make: () => Value): Promise<Value> {
    this.calls.push(name);
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    return make();
  }

  private entries(kind: StateKind): readonly StateEntry[] {
    const keys = [...this.rows.keys()].filter((key) => isStateKind(key, kind)).sort();
    return keys.flatMap((key) => this.rows.get(key) ?? []);
  }

  private head(): StoredHead | undefined {
    const last = this.blocks.at(-1);
    const result = last?.executed ?? this.genesis;
    if (result === undefined) return undefined;
    const { height, blockHash, timestampMs } = result.resultRecord;
    const { stateRoot, logRoot, resultLog } = result;
    const certificate = last?.certificate;
    return {
      height,
      blockHash,
      timestampMs,
      certificate,
      stateRoot,
      logRoot,
      resultLog,
      journal: last?.journal,
    };
  }

  /** What a block or genesis has written to the state, without the block. */
  write({ writes }: Pick<GenesisResult, 'writes'>): void {
    for (const { key, keyDigest, value, valueDigest, bucket } of writes) {
      if (value === undefined || valueDigest === undefined) this.rows.delete(key);
      else this.rows.set(key, { key, keyDigest, value, valueDigest, bucket });
    }
  }
}

function rowToLeaf({ bucket, keyDigest, valueDigest }: StoredRow) {
  return { bucket, leaf: { keyDigest, valueDigest } };
}

function byBucketAndKey(left: StoredRow, right: StoredRow): number {
  return left.bucket - right.bucket || compareBytes(left.keyDigest, right.keyDigest);
}
