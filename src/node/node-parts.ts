/**
 * Puts one node together, in four layers of which each knows those before it: what it remembers, how it agrees, how
 * transactions enter, and how peers and people reach it. What the parts tell the node comes in as `NodeReactions`.
 */
import type { ExecutedBlock } from '../protocol/execution/executed-block.js';
import type { VerificationContext } from '../protocol/pbft/certificate.js';
import type { EpochTerms } from '../protocol/ledger/epoch-terms.js';
import type { EpochSeats } from '../protocol/pbft/epoch-seats.js';
import type { ReplicaConfig } from '../protocol/pbft/replica-config.js';
import { createReplica, type Replica } from '../protocol/pbft/replica.js';
import type {
  Height,
  OrganisationName,
  PeerIndex,
  TransactionId,
} from '../protocol/primitives/identifiers.js';
import { BlockFetcher } from './catch-up/block-fetcher.js';
import { BlockServer } from './catch-up/block-server.js';
import { createScrub } from './audit/create-scrub.js';
import { OwnResults } from './audit/own-results.js';
import type { Scrub } from './audit/scrub.js';
import { TreeWatch } from './audit/tree-watch.js';
import { BlockCommitter } from './commit/block-committer.js';
import { CommitFeed } from './commit/commit-feed.js';
import { Countersigner } from './commit/countersigner.js';
import type { EpochHistory } from './epochs/epoch-history.js';
import type { Seating } from './epochs/seating.js';
import { voiceOf } from './epochs/voice.js';
import type { Membership } from './members/membership.js';
import type { Roster } from './members/roster.js';
import { admitTransaction, type AdmissionContext } from './mempool/admit-transaction.js';
import { Mempool } from './mempool/mempool.js';
import { MempoolSweep } from './mempool/mempool-sweep.js';
import { EvidenceKeeper } from './evidence-keeper.js';
import { StoredLogProofs } from './log/log-proofs.js';
import { MessageIntake } from './message-intake.js';
import { quarantineOf, type NodePorts, type NodeSettings } from './node-surroundings.js';
import type { SyncedBlock } from './ports.js';
import { BlockBuilder } from './proposal/block-builder.js';
import { BlockContents } from './proposal/block-contents.js';
import { InclusionWatch } from './proposal/inclusion-watch.js';
import { ProposalChecker } from './proposal/proposal-checker.js';
import { CountersignedResults } from './proofs/countersigned-results.js';
import { LedgerProofs } from './proofs/ledger-proofs.js';
import { RecentStates } from './proofs/recent-states.js';
import { RecentResults } from './proposal/recent-results.js';
import { ReceiptBuilder } from './receipt-builder.js';
import { CoseReceiptBuilder } from './receipts/cose-receipt-builder.js';
import { CredentialDirectory } from './receipts/credential-directory.js';
import { ReceiptSignatureServer } from './receipts/receipt-signature-server.js';
import { ReceiptSignatures } from './receipts/receipt-signatures.js';
import type { RecoveredNode } from './recovery.js';
import { ReplicaLoop, type EffectHandlers } from './replica-loop.js';
import { Chronicle } from './status/chronicle.js';
import { HealthBoard } from './status/health-board.js';
import { PeerStatuses } from './status/peer-statuses.js';
import { StatusReporter } from './status/status-reporter.js';
import { CommittedLookup } from './submission/committed-lookup.js';
import { PeerTransactions } from './submission/peer-transactions.js';
import { SignerDirectory } from './submission/signer-directory.js';
import { TransactionSharing } from './submission/transaction-sharing.js';
import { TransactionSubmitter } from './submission/transaction-submitter.js';
import { createVerificationContext } from './verification-context.js';

export interface NodeContext {
  readonly ports: NodePorts;
  readonly settings: NodeSettings;
  readonly recovered: RecoveredNode;
}

/** What the parts tell the node; none of it may throw. */
export interface NodeReactions {
  readonly effects: EffectHandlers;
  /** A block is durable. */
  readonly onExecuted: (executed: ExecutedBlock) => void;
  readonly onPeersChanged: (index: PeerIndex, connected: boolean) => void;
  /** The scrub has found the own state to be wrong. */
  readonly onStateDamaged: (reason: string) => void;
  /** The node cannot go on. */
  readonly onError: (error: unknown) => void;
}

interface Memory {
  readonly epochs: EpochHistory;
  readonly roster: Roster;
  readonly membership: Membership;
  readonly chain: VerificationContext;
  readonly seating: Seating;
  /** Own organisation, whether it may vote or not; `undefined` for an observer, whose organisation's node is a peer. */
  readonly member: OrganisationName | undefined;
  readonly health: HealthBoard;
  readonly feed: CommitFeed;
  readonly signers: SignerDirectory;
  readonly mempool: Mempool;
  readonly results: RecentResults;
  readonly contents: BlockContents;
  readonly states: RecentStates;
  readonly peers: PeerStatuses;
  readonly chronicle: Chronicle;
  readonly treeWatch: TreeWatch;
  readonly ownResults: OwnResults;
}

interface Agreement {
  readonly replica: Replica;
  readonly loop: ReplicaLoop;
  readonly checker: ProposalChecker;
  readonly builder: BlockBuilder | undefined;
  readonly committer: BlockCommitter;
  readonly fetcher: BlockFetcher;
  readonly scrub: Scrub | undefined;
}

interface Submission {
  readonly submitter: TransactionSubmitter;
  readonly sharing: TransactionSharing;
  readonly peerTransactions: PeerTransactions;
  readonly countersigner: Countersigner;
  readonly sweep: MempoolSweep;
}

interface Edge {
  readonly reporter: StatusReporter;
  readonly receipts: ReceiptBuilder;
  readonly logProofs: StoredLogProofs;
  readonly proofs: LedgerProofs;
  readonly intake: MessageIntake;
}

interface CoseReceiptParts {
  readonly credentials: CredentialDirectory;
  readonly receiptSignatures: ReceiptSignatures;
  readonly receiptServer: ReceiptSignatureServer;
  readonly coseReceipts: CoseReceiptBuilder;
}

interface Watch {
  readonly evidence: EvidenceKeeper;
  readonly inclusion: InclusionWatch;
}

export type NodeParts = Watch & Memory & Agreement & Submission & CoseReceiptParts & Edge;

export function createNodeParts(context: NodeContext, reactions: NodeReactions): NodeParts {
  const memory = createMemory(context);
  const agreement = createAgreement(context, memory, reactions);
  const submission = createSubmission(context, { ...memory, ...agreement }, reactions);
  const cose = createCoseReceipts(context, memory);
  const inner = { ...memory, ...agreement, ...submission, ...cose };
  return { ...inner, ...createEdge(context, inner, reactions), ...createWatch(context, inner, reactions) };
}

function createWatch(
  { ports, settings }: NodeContext,
  { chain, epochs, mempool, contents, loop, sharing, sweep }: Memory & Agreement & Submission,
  { onError }: NodeReactions,
): Watch {
  const { store, clock, observer } = ports;
  const { progressTimeoutMs } = settings;
  return {
    evidence: new EvidenceKeeper({ epochs, store, clock, observer, onError }),
    inclusion: new InclusionWatch({
      chainId: chain.chainId,
      epochs,
      mempool,
      contents,
      clock,
      progressTimeoutMs,
      isOpen: (id) => sweep.isOpen(id),
      shareAgain: (transactions) => {
        sharing.shareAgain(transactions);
      },
      onUnfair: (view) => {
        loop.enqueue({ type: 'distrust', view, reason: 'censorship' });
      },
    }),
  };
}

function createMemory({ ports, settings, recovered }: NodeContext): Memory {
  const { clock, observer, verifier } = ports;
  const { genesis, organisation } = settings;
  const { epochs, roster, membership, seating } = recovered;
  const member = ports.signer === undefined ? undefined : organisation;
  const health = new HealthBoard(clock, (state) => {
    observer.onHealth(state);
  });
  const voteless = quarantineOf(settings, ports.signer)?.reason ?? recovered.amnesia;
  if (voteless !== undefined) health.onQuarantined(voteless);
  const signers = new SignerDirectory(ports.store, recovered.signers);
  const mempool = new Mempool(
    settings.mempool,
    clock,
    (publicKey) => signers.organisationOf(publicKey),
    () => membership.count,
  );
  return {
    epochs,
    roster,
    membership,
    chain: createVerificationContext(genesis, epochs, verifier),
    seating,
    member,
    health,
    feed: new CommitFeed(clock, settings.waitersMax),
    signers,
    mempool,
    results: new RecentResults(
      { height: recovered.head.height, roots: recovered.roots },
      4 * epochs.pipelineDepth,
    ),
    contents: new BlockContents(mempool, verifier, epochs, 8 * epochs.pipelineDepth),
    states: new RecentStates(recovered.tree, recovered.head.height, ports.reader),
    peers: new PeerStatuses((peer) => roster.organisationOf(peer) !== undefined, clock.wallMs()),
    chronicle: new Chronicle(clock),
    treeWatch: new TreeWatch(),
    ownResults: new OwnResults(4 * epochs.pipelineDepth),
  };
}

/** `terms`: those that it begins with. */
function replicaConfig(
  { genesis, ...settings }: NodeSettings,
  { parameters }: EpochTerms,
): Omit<ReplicaConfig, keyof EpochSeats> {
  return {
    chainId: genesis.chainId,
    pipelineDepth: parameters.pipelineDepth,
    statusIntervalMs: settings.statusIntervalMs,
    statusCoalesceMs: settings.statusCoalesceMs,
    fetchRetryMs: settings.fetchRetryMs,
    progressTimeoutMs: settings.progressTimeoutMs,
    progressTimeoutMsMax: settings.progressTimeoutMsMax,
    silenceTimeoutMs: settings.silenceTimeoutMs,
    rotationBlocks: settings.rotationBlocks,
  };
}

function loopObserver(
  chronicle: Chronicle,
  observer: NodePorts['observer'],
): Pick<NodePorts['observer'], 'onTrace' | 'onPeerMessageRefused'> {
  return {
    onTrace: (trace) => {
      chronicle.onTrace(trace);
      observer.onTrace(trace);
    },
    onPeerMessageRefused: (index, code) => {
      observer.onPeerMessageRefused(index, code);
    },
  };
}

function createAgreement(context: NodeContext, memory: Memory, reactions: NodeReactions): Agreement {
  const { ports, settings, recovered } = context;
  const { store, journal, network, clock, observer } = ports;
  const { genesis, silenceTimeoutMs } = settings;
  const { chain, epochs, seating, health, contents, states, results, chronicle, treeWatch } = memory;
  const { onExecuted, onError, onStateDamaged } = reactions;
  const terms = epochs.termsAt(recovered.head.height + 1);
  const replica = createReplica(
    { ...replicaConfig(settings, terms), ...seating.seatsIn(terms) },
    recovered.replica,
  );
  const loop = new ReplicaLoop({
    replica,
    chainId: genesis.chainId,
    origin: genesis.origin,
    signerIn: (epoch) => {
      const spoken = epochs.termsOf(epoch);
      return spoken !== undefined && seating.placeIn(spoken) !== undefined ? ports.signer : undefined;
    },
    journal,
    network,
    clock,
    observer: loopObserver(chronicle, observer),
    handlers: reactions.effects,
  });
  const onDatabase = (available: boolean, reason: string): void => {
    health.onDatabase(available, reason);
  };
  const onTreeChanged = (executed: ExecutedBlock): void => {
    treeWatch.onTreeChanged(executed);
  };
  const { tree } = recovered;
  const committer = new BlockCommitter(
    {
      ...{ epochs, contents, states, store, journal, clock, observer },
      ...{ onTreeChanged, onExecuted, onDatabase, onError },
    },
    tree,
    recovered.head.resultLog,
  );
  const onBlock = (synced: SyncedBlock): void => {
    const { block, certificate, checkpoint } = synced;
    loop.enqueue({
      type: 'synced',
      block,
      certificate,
      checkpoint: block.header.epochFinal ? checkpoint : undefined,
    });
  };
  const fetcher = new BlockFetcher(
    { context: chain, contents, network, clock, observer, silenceTimeoutMs, onBlock },
    recovered.head.height,
    recovered.head.blockHash,
  );
  const checker = new ProposalChecker(genesis.chainId, epochs, contents, results, store);
  const builder = ports.signer === undefined ? undefined : createBuilder(context, memory, loop, onError);
  const scrub = createScrub(ports, settings, { tree, treeWatch, health, onStateDamaged });
  return { replica, loop, checker, builder, committer, fetcher, scrub };
}

function createBuilder(
  { ports: { store, clock }, settings: { batchMs } }: NodeContext,
  { chain, epochs, seating, mempool, contents, results, health }: Memory,
  loop: ReplicaLoop,
  onError: (error: unknown) => void,
): BlockBuilder {
  return new BlockBuilder({
    chainId: chain.chainId,
    epochs,
    placeIn: (terms) => seating.placeIn(terms),
    mempool,
    contents,
    results,
    store,
    clock,
    batchMs,
    onBuilt: (block) => {
      loop.enqueue({ type: 'proposalBuilt', block });
    },
    onDatabase: (available, reason) => {
      health.onDatabase(available, reason);
    },
    onError,
  });
}

function createSubmission(
  { ports, settings, recovered }: NodeContext,
  { chain, epochs, feed, signers, mempool, results, builder }: Memory & Agreement,
  { onError }: NodeReactions,
): Submission {
  const { store, reader, network, clock, observer } = ports;
  const admission = (checksContent: boolean): AdmissionContext => {
    const nextHeight = results.executedHeight + 1;
    const { parameters } = epochs.termsAt(nextHeight);
    const nowMs = clock.monotonicMs();
    return { ...chain, nextHeight, parameters, nowMs, checksContent };
  };
  const sharing: TransactionSharing = new TransactionSharing(
    { network, clock, waitingHere: () => submitter.waitingHere() },
    settings.shareDelayMs,
  );
  const submitter = new TransactionSubmitter({
    mempool,
    results,
    lookup: new CommittedLookup(store),
    reader,
    feed,
    clock,
    observer,
    admit: (raw) => admitTransaction(raw, admission(true)),
    checkSigner: (admitted) => signers.check(admitted, results.executedHeight + 1),
    share: (transaction) => {
      sharing.share(transaction);
      builder?.wake();
    },
  });
  submitter.onCertified(recovered.replica.certifiedHeight);
  const countersigner = new Countersigner(
    store,
    feed,
    clock,
    (height) => {
      submitter.onCertified(height);
    },
    (reason) => {
      observer.log('warn', 'a checkpoint could not be saved yet', { reason });
    },
    onError,
  );
  const sweep = new MempoolSweep({
    mempool,
    store,
    clock,
    isCommitted: (id) => results.isCommitted(id),
    onCommitted: (ids) => {
      builder?.forget(ids);
      mempool.remove(ids);
      submitter.onCommitted(ids);
    },
    onError,
  });
  const isCommitted = (id: TransactionId): boolean => results.isCommitted(id);
  const peerTransactions = new PeerTransactions(
    mempool,
    (raw, id) => admitTransaction(raw, admission(false), id),
    isCommitted,
    observer,
    () => builder?.wake(),
  );
  return { submitter, sharing, peerTransactions, countersigner, sweep };
}

function createCoseReceipts(
  { ports, settings: { genesis, organisation } }: NodeContext,
  { epochs, roster, member, mempool, results }: Memory,
): CoseReceiptParts {
  const { store, reader, network, clock, observer, receiptKeys: keys } = ports;
  const { origin } = genesis;
  const credentials = new CredentialDirectory(reader, () => results.executedHeight);
  const receiptServer = new ReceiptSignatureServer({
    ...{ organisation, origin, credentials, keys, store, network, observer },
  });
  const receiptSignatures = new ReceiptSignatures({
    ...{ member, origin, epochs, roster, credentials, network, clock },
    server: receiptServer,
  });
  const coseReceipts = new CoseReceiptBuilder({
    origin,
    reader,
    signatures: receiptSignatures,
    isPending: (id) => mempool.has(id),
  });
  return { credentials, receiptSignatures, receiptServer, coseReceipts };
}

function createEdge(
  { ports, settings: { genesis, organisation, silenceTimeoutMs } }: NodeContext,
  parts: Memory & Agreement & Submission & CoseReceiptParts,
  { onPeersChanged }: NodeReactions,
): Edge {
  const { store, reader, network, clock, observer } = ports;
  const { chain, epochs, roster, membership, member, health, mempool, contents, states, peers, chronicle } =
    parts;
  const { replica, loop, fetcher, peerTransactions, receiptServer, receiptSignatures } = parts;
  const ledgerKey = ports.signer?.publicKey;
  const results = new CountersignedResults({ genesis, epochs, reader });
  return {
    reporter: new StatusReporter({
      epochs,
      roster,
      organisation,
      member,
      voice: (own) => {
        const removedHeight = (): Height | undefined => membership.removedHeightOf(organisation);
        return ledgerKey && voiceOf({ epochs, roster, organisation, ledgerKey, removedHeight }, own);
      },
      replica,
      peers,
      mempool,
      fetcher,
      health,
      chronicle,
      scrub: () => parts.scrub?.report(),
      clock,
      silenceTimeoutMs,
    }),
    receipts: new ReceiptBuilder({ genesis, epochs, results, reader, isPending: (id) => mempool.has(id) }),
    logProofs: new StoredLogProofs({ genesis, epochs, ended: results.ended, reader }),
    proofs: new LedgerProofs({ results, states, reader }),
    intake: new MessageIntake({
      chain,
      roster,
      contents,
      replica,
      loop,
      fetcher,
      server: new BlockServer(store, network, observer),
      transactions: peerTransactions,
      receiptServer,
      receiptSignatures,
      peers,
      network,
      clock,
      observer,
      onPeersChanged,
    }),
  };
}
