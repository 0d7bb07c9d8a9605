/**
 * The ledger in PostgreSQL as the node writes it: durable database transactions of whole blocks, one writer for each database.
 * A commit whose outcome is unknown (the connection broke) is settled by calling again: it is idempotent by height.
 */
import type { ExecutedBlock, GenesisResult } from '../protocol/execution/executed-block.js';
import type { CheckpointCertificate } from '../protocol/pbft/certificate.js';
import { evidenceSlot, type Evidence } from '../protocol/pbft/evidence.js';
import { frontierNodes } from '../protocol/crypto/merkle/stored-proofs.js';
import { bytesToHex, hexToBytes } from '../protocol/primitives/bytes.js';
import type { Digest, Height, TransactionId } from '../protocol/primitives/identifiers.js';
import { invariant } from '../protocol/primitives/invariant.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { stateKey, stateKeyDigest, type StateKey } from '../protocol/state/state-key.js';
import { stateBucketOf, type StateLeaf } from '../protocol/state/state-tree.js';
import type {
  BlockToCommit,
  BucketKey,
  JournalPosition,
  LedgerStore,
  RawTransaction,
  StateEntry,
  StateRow,
  StoredEpochTerms,
  StoredHead,
  SyncedBlock,
} from '../node/ports.js';
import { byteaArray, int4Array, int8Array } from './connection/binary-array.js';
import type { DatabaseAccess } from './connection/database-access.js';
import {
  databaseError,
  FOREIGN_KEY_VIOLATION,
  sqlState,
  UNIQUE_VIOLATION,
} from './connection/database-error.js';
import { ReadPool } from './connection/read-pool.js';
import { WriterConnection } from './connection/writer-connection.js';
import { assertMigrated } from './migrate-database.js';
import { readEpochTerms } from './statements/read-epoch-terms.js';
import { blockHashOf, rowToSyncedBlock, type SyncedBlockRow } from './rows/block-rows.js';
import { rowToHead, type HeadRow } from './rows/head-row.js';
import { transactionIdOf } from './rows/transaction-rows.js';
import { readCertificate, readLogNodes, SELECT_HIGHEST_CHECKPOINT } from './statements/proof-statements.js';
import { readBuckets } from './statements/bucket-statements.js';
import { listState } from './statements/member-statements.js';
import * as select from './statements/store-statements.js';
import * as write from './statements/write-statements.js';

export type { DatabaseAccess } from './connection/database-access.js';

const LEAVES_PER_CHUNK = 10_000;
const BLOCKS_PER_READ_MAX = 1_000;
const ORGANISATIONS_PER_READ = 1_000;
const LOG_ROOTS_PER_READ_MAX = 100_000;

export class PostgresLedgerStore implements LedgerStore {
  private constructor(
    private readonly writer: WriterConnection,
    private readonly pool: ReadPool,
  ) {}

  /**
   * Connects as the one writer. Rejects LedgerError DATABASE_UNAVAILABLE, DATABASE_LOCKED (another node writes to
   * this database), DATABASE_NOT_MIGRATED, DATABASE_TOO_NEW.
   */
  static async open(access: DatabaseAccess): Promise<PostgresLedgerStore> {
    await assertMigrated(access.url);
    const writer = new WriterConnection(access);
    await writer.open();
    return new PostgresLedgerStore(writer, new ReadPool(access, 'countersign-node'));
  }

  async close(): Promise<void> {
    await Promise.all([this.writer.close(), this.pool.close()]);
  }

  async loadHead(): Promise<StoredHead | undefined> {
    const [row] = await this.pool.read<HeadRow>('read the head', select.SELECT_HEAD);
    if (row === undefined) return undefined;
    return rowToHead(row, await readLogNodes(this.pool, frontierNodes(row.height + 1)));
  }

  async initialise(genesis: GenesisResult): Promise<StoredHead> {
    try {
      await this.writeTogether([
        ...write.insertGenesis(genesis),
        write.insertLogNodes(genesis.logNodes),
        ...write.writeState(genesis.writes),
      ]);
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION) throw databaseError(error, 'write genesis');
      await this.checkGenesis(genesis);
    }
    const head = await this.loadHead();
    invariant(head !== undefined, 'a ledger with genesis has a head');
    return head;
  }

  private async checkGenesis(genesis: GenesisResult): Promise<void> {
    const [row] = await this.pool.read<{ chain_id: Uint8Array }>('read genesis', select.SELECT_GENESIS);
    const stored = row === undefined ? 'none' : bytesToHex(row.chain_id);
    if (stored === genesis.genesis.chainId) return;
    throw new LedgerError(
      'GENESIS_MISMATCH',
      `the database holds the ledger of chain ${stored}, the genesis file is that of chain ${genesis.genesis.chainId}: ` +
        'give the right genesis file or another database',
    );
  }

  async *streamLeaves(): AsyncGenerator<readonly { readonly bucket: number; readonly leaf: StateLeaf }[]> {
    interface LeafRow {
      readonly bucket: number;
      readonly key_digest: Uint8Array;
      readonly value_digest: Uint8Array;
    }
    let after: LeafRow | undefined;
    for (;;) {
      const rows: LeafRow[] = await this.pool.read<LeafRow>('read the state', select.SELECT_LEAVES, [
        after?.bucket ?? -1,
        after?.key_digest ?? Buffer.alloc(0),
        LEAVES_PER_CHUNK,
      ]);
      if (rows.length > 0) {
        yield rows.map(({ bucket, key_digest: keyDigest, value_digest: valueDigest }) => ({
          bucket,
          leaf: { keyDigest, valueDigest },
        }));
      }
      after = rows.at(-1);
      if (rows.length < LEAVES_PER_CHUNK) return;
    }
  }

  readBuckets(keys: readonly BucketKey[]): Promise<readonly StateRow[]> {
    return readBuckets(this.pool, keys);
  }

  async readState(keys: readonly StateKey[]): Promise<ReadonlyMap<StateKey, Uint8Array>> {
    if (keys.length === 0) return new Map();
    const digests = [...new Set(keys)].map(stateKeyDigest);
    const rows = await this.pool.read<{ key: Uint8Array; value: Uint8Array }>(
      'read the state',
      select.SELECT_STATE,
      [int4Array(digests.map((digest) => stateBucketOf(digest))), byteaArray(digests)],
    );
    return new Map(rows.map(({ key, value }) => [bytesToHex(key) as StateKey, value]));
  }

  async readSigners(limit: number): Promise<readonly StateEntry[]> {
    return (await listState(this.pool, stateKey('signer'), { after: undefined, limit })).entries;
  }

  async readOrganisations(): Promise<readonly StateEntry[]> {
    const organisations: StateEntry[] = [];
    for (;;) {
      const bounds = { after: organisations.at(-1)?.key, limit: ORGANISATIONS_PER_READ };
      const { entries } = await listState(this.pool, stateKey('organisation'), bounds);
      organisations.push(...entries);
      if (entries.length < ORGANISATIONS_PER_READ) return organisations;
    }
  }

  readEpochTerms(): Promise<StoredEpochTerms> {
    return readEpochTerms((keys) => this.readState(keys));
  }

  async commitBlocks(blocks: readonly BlockToCommit[], journal: JournalPosition): Promise<void> {
    const executed = blocks.map((block) => block.executed);
    const heights = executed.map(({ block }) => block.header.height).join(', ');
    try {
      await this.writeTogether([
        write.insertBlocks(blocks, journal),
        ...write.insertTransactions(executed),
        ...write.insertSubjectEntries(executed),
        ...write.insertSubjectNodes(executed),
        write.insertLogNodes(executed.flatMap(({ logNodes }) => logNodes)),
        ...write.writeState(executed.flatMap(({ writes }) => writes)),
      ]);
    } catch (error) {
      if (sqlState(error) === UNIQUE_VIOLATION && (await this.areCommitted(executed))) return;
      invariant(
        sqlState(error) !== FOREIGN_KEY_VIOLATION,
        `block ${heights} is not the next one of the database`,
      );
      throw databaseError(error, `commit block ${heights}`);
    }
  }

  /** The statements take effect together or not at all. */
  private async writeTogether(statements: Parameters<WriterConnection['send']>[0]): Promise<void> {
    const answers = await this.writer.send([write.BEGIN, ...statements, write.COMMIT]);
    invariant(
      answers.at(-1)?.command === 'COMMIT',
      'a database transaction without a failure was rolled back',
    );
  }

  /** What was written together is there together, so the last block speaks for all; each that is there must be the same. */
  private async areCommitted(executed: readonly ExecutedBlock[]): Promise<boolean> {
    const heights = executed.map(({ block }) => block.header.height);
    const rows = await this.pool.read<{ height: number; hash: Uint8Array }>(
      'read blocks',
      select.SELECT_BLOCK_HASHES,
      [int8Array(heights)],
    );
    const stored = new Map(rows.map((row) => [row.height, blockHashOf(row)]));
    for (const { block } of executed) {
      const hash = stored.get(block.header.height);
      invariant(
        hash === undefined || hash === block.hash,
        `height ${block.header.height} holds block ${hash}, not ${block.hash}`,
      );
    }
    return stored.size === executed.length;
  }

  async saveCheckpoint(certificate: CheckpointCertificate): Promise<void> {
    try {
      await this.writer.send([write.insertCheckpoint(certificate)]);
    } catch (error) {
      throw databaseError(error, `save the checkpoint of height ${certificate.height}`);
    }
  }

  async findCommittedIds(ids: readonly TransactionId[]): Promise<ReadonlySet<TransactionId>> {
    if (ids.length === 0) return new Set();
    const rows = await this.pool.read<{ id: Uint8Array }>(
      'look up transactions',
      select.SELECT_COMMITTED_IDS,
      [byteaArray(ids.map((id) => hexToBytes(id)))],
    );
    return new Set(rows.map(({ id }) => transactionIdOf(id)));
  }

  async readBlocks(from: Height, to: Height, bytesMax: number): Promise<readonly SyncedBlock[]> {
    const first = Math.max(from, 1);
    const rows = await this.pool.read<SyncedBlockRow>('read blocks', select.SELECT_BLOCKS, [
      ...[first, to, bytesMax, BLOCKS_PER_READ_MAX],
    ]);
    const last = rows.at(-1)?.height;
    if (last === undefined) return [];
    const bodies = await this.pool.read<RawTransaction & { readonly height: Height }>(
      'read blocks',
      select.SELECT_BODIES,
      [first, last],
    );
    const transactions = new Map<Height, RawTransaction[]>(rows.map(({ height }) => [height, []]));
    for (const { height, body, signature } of bodies) transactions.get(height)?.push({ body, signature });
    return rows.map((row) => rowToSyncedBlock(row, transactions.get(row.height) ?? []));
  }

  async readLogRoots(from: Height, to: Height): Promise<ReadonlyMap<Height, Digest>> {
    invariant(to - from < LOG_ROOTS_PER_READ_MAX, `more than ${LOG_ROOTS_PER_READ_MAX} log roots at once`);
    const rows = await this.pool.read<{ height: number; log_root: Uint8Array }>(
      'read log roots',
      select.SELECT_LOG_ROOTS,
      [from, to],
    );
    return new Map(rows.map((row) => [row.height, bytesToHex(row.log_root) as Digest]));
  }

  async highestCheckpoint(): Promise<CheckpointCertificate | undefined> {
    return readCertificate(this.pool, SELECT_HIGHEST_CHECKPOINT);
  }

  async saveEvidence(evidence: Evidence): Promise<void> {
    try {
      await this.writer.send([write.insertEvidence(evidence)]);
    } catch (error) {
      throw databaseError(error, `save the evidence ${evidenceSlot(evidence)}`);
    }
  }
}
