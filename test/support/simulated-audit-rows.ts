/** What an audit reads, from the database's twin in memory: whatever was changed there behind the node's back shows here. */
import type {
  StoredBlock,
  StoredEntry,
  StoredLeaf,
  StoredRows,
  StoredTransactionRow,
} from '../../src/audit/stored-rows.js';
import { sha256 } from '../../src/protocol/crypto/sha256.js';
import { encodeHeader } from '../../src/protocol/ledger/block-header.js';
import { encodeGenesis, GENESIS_FORMAT } from '../../src/protocol/ledger/genesis.js';
import { compareBytes, hexToBytes } from '../../src/protocol/primitives/bytes.js';
import { STATE_KIND_NUMBER } from '../../src/protocol/state/state-key.js';
import type { SimulatedLedgerStore } from './simulated-ledger-store.js';

const ENTRIES_PER_PAGE = 3;
const HISTORY_KINDS: readonly number[] = [
  STATE_KIND_NUMBER.subject,
  STATE_KIND_NUMBER.identityHistory,
  STATE_KIND_NUMBER.organisationHistory,
  STATE_KIND_NUMBER.motionHistory,
];

export class SimulatedAuditRows implements StoredRows {
  /** Names of the calls so far. */
  readonly calls: string[] = [];
  /** Runs when rows of buckets were read, before they are handed over. */
  afterBuckets: () => Promise<void> = () => Promise.resolve();
  /** What every call rejects with. */
  failure: Error | undefined;

  constructor(private readonly store: SimulatedLedgerStore) {}

  private async answer<Value>(name: keyof StoredRows, make: () => Value): Promise<Value> {
    this.calls.push(name);
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    return make();
  }

  private get head(): number {
    return this.store.blocks.length;
  }

  readGenesis(): ReturnType<StoredRows['readGenesis']> {
    return this.answer('readGenesis', () => {
      const { founded } = this.store;
      if (founded === undefined) return undefined;
      const { name, parameters, organisations, chainId } = founded.genesis;
      const document = encodeGenesis({ format: GENESIS_FORMAT, name, parameters, organisations });
      return { chainId: hexToBytes(chainId), document };
    });
  }

  headHeight(): Promise<number | undefined> {
    return this.answer('headHeight', () => (this.store.founded === undefined ? undefined : this.head));
  }

  readBlocks(from: number, to: number, limit: number): Promise<readonly StoredBlock[]> {
    return this.answer('readBlocks', () =>
      this.store
        .results()
        .map((result, height): StoredBlock => {
          const block = this.store.blocks[height - 1];
          const header = block?.executed.block.header;
          return {
            height,
            hash: hexToBytes(result.resultRecord.blockHash),
            header: header && encodeHeader(header),
            resultRecord: result.resultRecordBytes,
            logRoot: hexToBytes(result.logRoot),
            certificate: block && { ok: true, value: block.certificate },
            transactionCount: header?.transactionCount ?? 0,
            bodyBytes: header?.bodyBytes ?? 0,
            timestampMs: result.resultRecord.timestampMs,
          };
        })
        .filter(({ height }) => height >= from && height <= to)
        .slice(0, limit),
    );
  }

  private transactions(): readonly StoredTransactionRow[] {
    return this.store.blocks.flatMap(({ executed }) =>
      executed.transactions.map(({ transaction: { id, body, signature } }, index) => ({
        height: executed.block.header.height,
        index,
        id: hexToBytes(id),
        body,
        signature,
        outcome: executed.outcomeBytes[index]!,
      })),
    );
  }

  readTransactions(
    ...[after, to]: Parameters<StoredRows['readTransactions']>
  ): Promise<readonly StoredTransactionRow[]> {
    return this.answer('readTransactions', () =>
      this.transactions()
        .filter(({ height, index }) => {
          const isLater =
            after === undefined || height > after.height || (height === after.height && index > after.index);
          return isLater && height <= to;
        })
        .slice(0, 2),
    );
  }

  readLogNodes(...[nodes]: Parameters<StoredRows['readLogNodes']>): ReturnType<StoredRows['readLogNodes']> {
    return this.answer('readLogNodes', () => {
      const stored = this.store.results().flatMap(({ logNodes }) => logNodes);
      return nodes.map(
        ({ level, index }) => stored.find((node) => node.level === level && node.index === index)?.hash,
      );
    });
  }

  readCheckpoints(
    ...[from, to]: Parameters<StoredRows['readCheckpoints']>
  ): ReturnType<StoredRows['readCheckpoints']> {
    return this.answer('readCheckpoints', () =>
      [...this.store.checkpoints.values()]
        .filter(({ height }) => height >= from && height <= to)
        .map((value) => ({
          height: value.height,
          root: hexToBytes(value.root),
          certificate: { ok: true, value },
        })),
    );
  }

  readStrays(): ReturnType<StoredRows['readStrays']> {
    return this.answer('readStrays', () => []);
  }

  async readEpochTerms(): Promise<readonly Uint8Array[]> {
    return (await this.store.readEpochTerms()).ended.map(({ value }) => value);
  }

  private entries(): readonly StoredEntry[] {
    return this.store.blocks.flatMap(({ executed }) => executed.subjectEntries);
  }

  entryPages(): Promise<number> {
    return this.answer('entryPages', () => Math.ceil(this.entries().length / ENTRIES_PER_PAGE));
  }

  readEntriesOnPages(from: number, to: number): Promise<readonly StoredEntry[]> {
    return this.answer('readEntriesOnPages', () =>
      this.entries().slice(from * ENTRIES_PER_PAGE, to * ENTRIES_PER_PAGE),
    );
  }

  readBodies(...[places]: Parameters<StoredRows['readBodies']>): ReturnType<StoredRows['readBodies']> {
    return this.answer('readBodies', () =>
      this.transactions().filter((row) =>
        places.some(({ height, index }) => row.height === height && row.index === index),
      ),
    );
  }

  readHistories(
    ...[after]: Parameters<StoredRows['readHistories']>
  ): ReturnType<StoredRows['readHistories']> {
    return this.answer('readHistories', () => ({
      asOfHeight: this.head,
      histories: this.store
        .stateRows()
        .map(({ key, keyDigest, value }) => ({ key: hexToBytes(key), keyDigest, value }))
        .filter(({ key }) => HISTORY_KINDS.includes(key[0]!))
        .filter(({ keyDigest }) => after === undefined || compareBytes(keyDigest, after) > 0),
      upTo: undefined,
    }));
  }

  readEntries(
    ...[after, upTo, limit]: Parameters<StoredRows['readEntries']>
  ): Promise<readonly StoredEntry[]> {
    return this.answer('readEntries', () =>
      this.entries()
        .filter(({ subjectDigest, sequence }) => {
          const order = after === undefined ? 1 : compareBytes(subjectDigest, after.subjectDigest);
          const isLater = order > 0 || (order === 0 && sequence > (after?.sequence ?? -1));
          return isLater && (upTo === undefined || compareBytes(subjectDigest, upTo) <= 0);
        })
        .toSorted(
          (one, other) =>
            compareBytes(one.subjectDigest, other.subjectDigest) || one.sequence - other.sequence,
        )
        .slice(0, limit),
    );
  }

  /** No history of the twin is long enough to have one. */
  readSubjectNodes(): ReturnType<StoredRows['readSubjectNodes']> {
    return this.answer('readSubjectNodes', () => []);
  }

  readProofs(): ReturnType<StoredRows['readProofs']> {
    return this.answer('readProofs', () => []);
  }

  async readBuckets(
    ...[from, to]: Parameters<StoredRows['readBuckets']>
  ): ReturnType<StoredRows['readBuckets']> {
    const answer = await this.answer('readBuckets', () => ({
      asOfHeight: this.head,
      leaves: this.store
        .stateRows()
        .filter(({ bucket }) => bucket >= from && (to === undefined || bucket < to))
        .map(({ bucket, keyDigest, key, value, valueDigest }): StoredLeaf => ({
          bucket,
          keyDigest,
          key: hexToBytes(key),
          valueDigest,
          digestOfValue: sha256(value),
        })),
    }));
    await this.afterBuckets();
    return answer;
  }
}
