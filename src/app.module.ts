/**
 * The composition root: the one file that names both a port and its adapter. `composeNode` opens the adapters and starts
 * the node; AppModule puts the REST edge before it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { createAccessClock } from './api/access-clock.js';
import { ApiModule } from './api/api.module.js';
import type { ApiPorts } from './api/api-ports.js';
import type { Configuration } from './config/configuration.js';
import { shareConnections } from './config/share-connections.js';
import type { Environment } from './config/process-environment.js';
import { DiskJournalFiles } from './journal/disk-journal-files.js';
import { FileJournal } from './journal/file-journal.js';
import type { JournalFiles } from './journal/journal-files.js';
import { NO_RECEIPT_KEYS, openNodeKeys } from './keys/open-node-keys.js';
import { GrpcPeerNetwork } from './network/grpc-peer-network.js';
import type { NetworkRole } from './network/network-settings.js';
import type { Clock, IdentityKeys, PeerMember, Signer } from './node/ports.js';
import { BundleExporter } from './node/audit/bundle-exporter.js';
import { RecordDirectory } from './node/indexing/record-directory.js';
import { RecordIndexer } from './node/indexing/record-indexer.js';
import { MemberDirectory } from './node/members/member-directory.js';
import { MotionDirectory } from './node/members/motion-directory.js';
import type { Divergence, Quarantine } from './node/node-surroundings.js';
import { startNode, type Node } from './node/node.js';
import { PrometheusObserver } from './observability/prometheus-observer.js';
import { ed25519Verifier } from './protocol/crypto/ed25519.js';
import { parseGenesis, type Genesis } from './protocol/ledger/genesis.js';
import { LedgerError } from './protocol/primitives/ledger-error.js';
import { PostgresAuditRows } from './storage/postgres-audit-rows.js';
import { AuditorWatch } from './storage/auditor-watch.js';
import { PostgresLedgerReader } from './storage/postgres-ledger-reader.js';
import { PostgresLedgerStore } from './storage/postgres-ledger-store.js';
import { PostgresRecordIndex } from './storage/postgres-record-index.js';
import { PostgresRecordSearch } from './storage/postgres-record-search.js';
import { systemClock } from './system-clock.js';

/** An observer signs nothing. */
const NO_KEYS = {
  signer: undefined,
  identities: { find: () => Promise.resolve(undefined) } satisfies IdentityKeys,
  receipts: NO_RECEIPT_KEYS,
  close: (): void => undefined,
};

export interface ComposedNode {
  readonly node: Node;
  readonly observer: PrometheusObserver;
  readonly apiPorts: ApiPorts;
  /** Stops taking part, then closes every adapter. */
  close(): Promise<void>;
}

export interface Surroundings {
  readonly logger: Logger;
  readonly version: string;
  readonly environment: Environment;
  readonly onFatal: (error: unknown, halted: boolean) => void;
  readonly onQuarantined: (quarantine: Quarantine) => void;
  readonly onDivergence: (divergence: Divergence) => string;
  /** From an earlier life, standing-markers.ts. */
  readonly quarantine: Quarantine | undefined;
  /** The machine's clock and the journal's folder unless given: what a test lets fail. */
  readonly clock?: Clock;
  readonly journalFiles?: JournalFiles;
}

interface Closable {
  close(): Promise<void>;
}

/** Reads the genesis file. Throws LedgerError GENESIS_UNREADABLE. */
function loadGenesis(file: string): { readonly genesis: Genesis; readonly bytes: Uint8Array } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new LedgerError(
      'GENESIS_UNREADABLE',
      `the genesis file ${file} cannot be read; copy the consortium's file there or set genesisFile`,
      { cause },
    );
  }
  const parsed = parseGenesis(bytes);
  if (parsed.ok) return { genesis: parsed.value, bytes };
  const { message, field } = parsed.rejection;
  throw new LedgerError(
    'GENESIS_UNREADABLE',
    `the genesis file ${file} is not usable: ${field ?? ''} ${message}`,
  );
}

function createObserver(configuration: Configuration, surroundings: Surroundings): PrometheusObserver {
  return new PrometheusObserver({
    version: surroundings.version,
    self: configuration.role === 'observer' ? undefined : configuration.organisation,
    logger: surroundings.logger,
  });
}

interface Adapters {
  readonly store: PostgresLedgerStore;
  readonly reader: PostgresLedgerReader;
  readonly journal: FileJournal;
  readonly network: GrpcPeerNetwork;
  readonly recordSearch: PostgresRecordSearch;
  readonly indexer: RecordIndexer;
}

/** A member has the ledger key of its organisation; an observer has a certificate that was issued with it. */
function networkRole({ peer }: Configuration, signer: Signer | undefined): NetworkRole {
  return signer === undefined
    ? { kind: 'observer', certificateFile: peer.certificateFile }
    : { kind: 'member', signer: () => signer, listen: peer };
}

/** Whom the network knows before the ledger has said more. */
function genesisMembers({ validators }: Genesis): readonly PeerMember[] {
  return validators.map(({ organisation, ledgerKey }, peer) => ({
    peer,
    organisation,
    ledgerKeys: [ledgerKey],
    address: undefined,
    refused: undefined,
  }));
}

/** The index beside the ledger, and its reads; the indexer ends before the connection that it writes to. */
function openSearch(
  database: Configuration['database'],
  observer: PrometheusObserver,
  clock: Clock,
  opened: Closable[],
): Pick<Adapters, 'recordSearch' | 'indexer'> {
  const recordSearch = new PostgresRecordSearch({
    ...database,
    url: database.readerUrl ?? database.url,
    connectionsMax: shareConnections(database.connectionsMax).searches,
  });
  const index = new PostgresRecordIndex(database);
  const indexer = new RecordIndexer({ index, clock, observer });
  opened.push(recordSearch, index);
  opened.push({
    close: () => {
      indexer.stop();
      return Promise.resolve();
    },
  });
  return { recordSearch, indexer };
}

/** Sessions of auditors in the database of the node. */
function watchAuditors(
  { database }: Configuration,
  clock: Clock,
  observer: PrometheusObserver,
): Promise<AuditorWatch> {
  return AuditorWatch.start(database, database.auditor, clock, {
    onEnded: (session) => {
      observer.onAuditorSessionEnded(session.reason);
      observer.log('warn', 'a database session of an auditor was ended', { ...session });
    },
    onProblem: (problem) => {
      if (problem === undefined) observer.log('info', "the auditors' sessions are watched again");
      else observer.log('warn', `not every session of an auditor is watched: ${problem}`);
    },
  });
}

/** Opens the adapters in the order in which each can fail with the clearest message; `opened` names what to close. */
async function openAdapters(
  configuration: Configuration,
  genesis: Genesis,
  signer: Signer | undefined,
  observer: PrometheusObserver,
  { version, clock = systemClock, journalFiles }: Surroundings,
  opened: Closable[],
): Promise<Adapters> {
  const { database, journal: journalSettings, peer, organisation } = configuration;
  opened.push(await watchAuditors(configuration, clock, observer));
  const { storeReads, reads } = shareConnections(database.connectionsMax);
  const store = await PostgresLedgerStore.open({ ...database, connectionsMax: storeReads });
  opened.push(store);
  const reader = new PostgresLedgerReader({
    ...database,
    url: database.readerUrl ?? database.url,
    connectionsMax: reads,
  });
  opened.push(reader);
  const { recordSearch, indexer } = openSearch(database, observer, clock, opened);
  mkdirSync(journalSettings.directory, { recursive: true, mode: 0o700 });
  const files = journalFiles ?? new DiskJournalFiles(journalSettings.directory);
  const journal = new FileJournal(
    { files, clock, observer },
    { segmentBytes: journalSettings.segmentBytes, unsyncedBytesMax: journalSettings.segmentBytes },
  );
  opened.push(journal);
  const network = new GrpcPeerNetwork(
    {
      organisation,
      role: networkRole(configuration, signer),
      chainId: genesis.chainId,
      members: genesisMembers(genesis),
      limits: { parameters: genesis.parameters, validators: genesis.validators.length },
      softwareVersion: version,
      addresses: peer.addresses,
    },
    { clock, observer },
  );
  opened.push(network);
  return { store, reader, journal, network, recordSearch, indexer };
}

/** For the scrub, where there is one; on connections of its own that only read. */
function openAuditRows(
  { database, audit }: Configuration,
  opened: Closable[],
): PostgresAuditRows | undefined {
  if (audit.scrubRowsPerSecond === 0) return undefined;
  const rows = new PostgresAuditRows({ ...database, url: database.readerUrl ?? database.url });
  opened.push(rows);
  return rows;
}

/** What REST asks of the node. */
function apiPortsOf(
  { role, organisation }: Configuration,
  node: Node,
  { reader, recordSearch, indexer }: Adapters,
  genesis: Genesis,
  genesisBytes: Uint8Array,
): Omit<ApiPorts, 'log' | 'clock'> {
  const members = new MemberDirectory(reader, genesis);
  return {
    organisation,
    role,
    callers: node.callers,
    custody: node.custody,
    reading: node.reading,
    exports: new BundleExporter({ genesis, genesisBytes, epochs: node.epochs, reader }),
    verifier: ed25519Verifier,
    submission: node.submission,
    receipts: node.receipts,
    checkpoints: node.receipts,
    logProofs: node.logProofs,
    proofs: node.proofs,
    coseReceipts: node.coseReceipts,
    credentials: node.credentials,
    members,
    records: new RecordDirectory({ search: recordSearch, indexer, members, reading: node.reading }),
    motions: new MotionDirectory(reader, genesis),
    preflights: node.preflights,
    status: node.status,
    reader,
    genesis: genesisBytes,
    chain: node.chain,
    transactionBytesMax: () => node.epochs.latest.parameters.transactionBytesMax,
  };
}

/** Values that metrics read where they are known, when somebody asks. */
function showAtScrape(
  observer: PrometheusObserver,
  node: Node,
  { network, indexer }: Pick<Adapters, 'network' | 'indexer'>,
): void {
  observer.readAtScrape(() => {
    const { validators } = node.status.read();
    return {
      validators,
      sendQueueBytes: network.queuedBytes,
      certificateExpiresMs: network.certificateExpiresMs,
      indexHeight: indexer.standing().height,
    };
  });
}

function openKeys(
  keys: Configuration['keys'],
  { environment }: Surroundings,
  observer: PrometheusObserver,
): ReturnType<typeof openNodeKeys> {
  return openNodeKeys(keys, environment, {
    verifier: ed25519Verifier,
    onSignerProblem: (problem) => {
      if (problem === undefined) observer.log('info', 'the external signer answers again');
      else observer.log('warn', problem);
    },
  });
}

/** Opens what the node needs and starts it; when that fails, everything that was opened is closed again. */
export async function composeNode(
  configuration: Configuration,
  surroundings: Surroundings,
): Promise<ComposedNode> {
  const { keys, organisation, role, genesisFile, consensus, mempool, rest } = configuration;
  const { genesis, bytes } = loadGenesis(genesisFile);
  const observer = createObserver(configuration, surroundings);
  const nodeKeys = role === 'observer' ? NO_KEYS : await openKeys(keys, surroundings, observer);
  const { signer, identities, receipts } = nodeKeys;
  const clock = createAccessClock(surroundings.clock ?? systemClock);
  const opened: Closable[] = [];
  const close = async (): Promise<void> => {
    for (const adapter of opened.toReversed()) await adapter.close();
    nodeKeys.close();
  };
  try {
    const adapters = await openAdapters(configuration, genesis, signer, observer, surroundings, opened);
    const node = await startNode(
      {
        ...adapters,
        auditRows: openAuditRows(configuration, opened),
        signer,
        identityKeys: identities,
        receiptKeys: receipts,
        clock: surroundings.clock ?? systemClock,
        observer,
        verifier: ed25519Verifier,
        onFatal: surroundings.onFatal,
        onQuarantined: surroundings.onQuarantined,
        onDivergence: surroundings.onDivergence,
        onDurable: (height) => {
          adapters.indexer.follow(height);
        },
      },
      {
        genesis,
        organisation,
        mempool,
        waitersMax: rest.waitersMax,
        quarantine: surroundings.quarantine,
        audit: configuration.audit,
        ...consensus,
      },
    );
    showAtScrape(observer, node, adapters);
    return {
      node,
      observer,
      apiPorts: {
        ...apiPortsOf(configuration, node, adapters, genesis, bytes),
        clock,
        log: (level, message, fields) => {
          observer.log(level, message, fields);
        },
      },
      close: async () => {
        node.stop();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

@Module({})
export class AppModule {
  static register(apiPorts: ApiPorts): DynamicModule {
    return { module: AppModule, imports: [ApiModule.register({ useFactory: () => apiPorts })] };
  }
}
