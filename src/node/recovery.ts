/**
 * What a start brings back: the head and the state tree from the database, the votes from the journal, and the check
 * that neither of the two was rolled back behind the other (STORE-5).
 */
import type { Genesis } from '../protocol/ledger/genesis.js';
import { decodeEpochTerms } from '../protocol/governance/epoch-state.js';
import { executeGenesis } from '../protocol/execution/execute-genesis.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import type { EndedEpoch } from '../protocol/pbft/epoch-seats.js';
import type { RecoveredState } from '../protocol/pbft/replica-config.js';
import { bytesToHex } from '../protocol/primitives/bytes.js';
import type { Digest, Height } from '../protocol/primitives/identifiers.js';
import { invariant } from '../protocol/primitives/invariant.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { StateTree, type StateLeaf } from '../protocol/state/state-tree.js';
import { EpochHistory } from './epochs/epoch-history.js';
import { Seating, type OwnVoice } from './epochs/seating.js';
import { Membership } from './members/membership.js';
import { Roster } from './members/roster.js';
import type { Journal, LedgerStore, StateEntry, StoredHead } from './ports.js';
import { SIGNERS_KNOWN_MAX } from './submission/signer-directory.js';

/** As many as a replica keeps for peers that are still in one of them; each costs a read. */
const ENDED_EPOCHS_MAX = 1_024;

export interface RecoveredNode {
  readonly head: StoredHead;
  readonly tree: StateTree;
  readonly replica: RecoveredState;
  /** Roots of the result log for the heights that proposals may refer to. */
  readonly roots: ReadonlyMap<Height, Digest>;
  /** With what the last durable block has left pending. */
  readonly epochs: EpochHistory;
  /** Every organisation that the ledger has or had. */
  readonly roster: Roster;
  /** Entries of signers in the state, as many as the directory remembers. */
  readonly signers: readonly StateEntry[];
  readonly seating: Seating;
  readonly membership: Membership;
  /** Why the own key may not vote any more, or `undefined`. */
  readonly amnesia: string | undefined;
}

export async function recoverNode(
  genesis: Genesis,
  store: LedgerStore,
  journal: Journal,
  own: OwnVoice,
): Promise<RecoveredNode> {
  const genesisResult = executeGenesis(genesis);
  const head = await store.initialise(genesisResult);
  const records = await journal.recover();
  const tree = await loadTree(store, head);
  const depth = genesis.parameters.pipelineDepth;
  const window = 3 * depth;
  const recent = await store.readBlocks(
    Math.max(1, head.height - window + 1),
    head.height,
    Number.MAX_SAFE_INTEGER,
  );
  const roots = await store.readLogRoots(Math.max(0, head.height - depth), head.height);
  const checkpoint = await store.highestCheckpoint();
  const epochs = await readEpochs(genesis, store);
  const organisations = await store.readOrganisations();
  const roster = new Roster(genesis.organisations, organisations);
  const amnesia = hasVoted(own, epochs, head.height) ? findAmnesia(head, journal) : undefined;
  const seating = new Seating(amnesia === undefined ? own : { ...own, ledgerKey: undefined }, roster);
  const endedEpochs = await readEndedEpochs(epochs, seating, store, head.height);
  const lackedEnds = endedEpochs.filter((end) => end.checkpoint === undefined);
  const pending = epochs.latest.firstHeight > head.height + 1 ? epochs.latest : undefined;
  return {
    head,
    tree,
    roots,
    epochs,
    roster,
    seating,
    membership: new Membership(epochs, roster, organisations),
    signers: await store.readSigners(SIGNERS_KNOWN_MAX),
    amnesia,
    replica: {
      executedHeight: head.height,
      executedBlockHash: head.blockHash,
      executedTimestampMs: head.timestampMs,
      executedRoot: head.logRoot,
      certificate: head.certificate,
      recentBlocks: recent.map(({ block, certificate }) => ({ block, certificate })),
      certifiedHeight: checkpoint?.height ?? 0,
      checkpoint,
      endedEpochs,
      pending: pending && seating.seatsIn(pending),
      journal: recordsAfter(
        records,
        head.height,
        checkpoint?.height ?? 0,
        new Set(lackedEnds.map(({ header }) => header.height)),
      ),
      appliedHeight: journal.appliedHeight(),
    },
  };
}

/** The terms of an epoch are entries of their own from its predecessor's last block on, and pending ones until then. */
async function readEpochs(genesis: Genesis, store: LedgerStore): Promise<EpochHistory> {
  const { ended, pending } = await store.readEpochTerms();
  const entries = pending === undefined ? ended : [...ended, pending];
  return new EpochHistory(
    genesis,
    entries.map(({ value }) => decodeEpochTerms(value)),
  );
}

/** Whether the own key can have said anything up to the height: one that was never a validator's has nothing to forget. */
function hasVoted({ ledgerKey }: OwnVoice, epochs: EpochHistory, height: Height): boolean {
  for (let { epoch } = epochs.termsAt(height + 1); epoch >= 0; epoch--)
    if (epochs.termsOf(epoch)?.validators.some((each) => each.ledgerKey === ledgerKey) === true) return true;
  return false;
}

/** Those that ended up to the head, the last ENDED_EPOCHS_MAX of them, with what proves each end. */
async function readEndedEpochs(
  epochs: EpochHistory,
  seating: Seating,
  store: LedgerStore,
  height: Height,
): Promise<readonly EndedEpoch[]> {
  const ended: EndedEpoch[] = [];
  const present = epochs.termsAt(height + 1).epoch;
  for (let epoch = Math.max(0, present - ENDED_EPOCHS_MAX); epoch < present; epoch++) {
    const [terms, next] = [epochs.termsOf(epoch), epochs.termsOf(epoch + 1)];
    invariant(terms !== undefined && next !== undefined, `epoch ${epoch} before ${present} is not known`);
    const lastHeight = next.firstHeight - 1;
    const [last] = await store.readBlocks(lastHeight, lastHeight, Number.MAX_SAFE_INTEGER);
    if (last === undefined) {
      throw new LedgerError(
        'LEDGER_CORRUPT',
        `block ${lastHeight}, the last one of epoch ${epoch}, is missing; run an audit`,
      );
    }
    const { block, certificate, checkpoint } = last;
    const seats = seating.seatsIn(terms);
    ended.push({ seats, header: block.header, blockHash: block.hash, certificate, checkpoint });
  }
  return ended;
}

/** The tree is derived from the state table; a root that differs from the certified one means that somebody changed a row. */
async function loadTree(store: LedgerStore, head: StoredHead): Promise<StateTree> {
  const tree = new StateTree();
  let bucket = -1;
  let leaves: StateLeaf[] = [];
  for await (const chunk of store.streamLeaves()) {
    for (const row of chunk) {
      if (row.bucket !== bucket) {
        if (bucket >= 0) tree.loadBucket(bucket, leaves);
        bucket = row.bucket;
        leaves = [];
      }
      leaves.push(row.leaf);
    }
  }
  if (bucket >= 0) tree.loadBucket(bucket, leaves);
  tree.finishLoading();
  const root = bytesToHex(tree.root());
  if (root !== head.stateRoot) {
    throw new LedgerError(
      'STATE_CORRUPT',
      `the state table gives the root ${root}, but block ${head.height} has ${head.stateRoot}: the table was changed outside the node; restore it from a backup or let the node fetch the ledger anew into an empty database`,
    );
  }
  return tree;
}

/**
 * The journal must be the one of the last block and reach at least as far (STORE-5). A database that was set back
 * behind the journal is another matter: the replica votes again once it holds what it held (PBFT-RECOVER-3).
 */
function findAmnesia(head: StoredHead, journal: Journal): string | undefined {
  if (head.journal === undefined) return undefined;
  const { journalId, position } = journal.position();
  if (journalId !== head.journal.journalId) {
    return `the journal is not the one that the database was written with (${journalId} in place of ${head.journal.journalId}): votes may be forgotten`;
  }
  if (position < head.journal.position) {
    return `the journal ends at ${position}, before the position ${head.journal.position} that the database knows: votes are forgotten`;
  }
  return undefined;
}

/**
 * Records that still matter: votes above the head, lines above the highest certificate or under an end of an epoch that is not
 * certified here, and where the views stand.
 */
function recordsAfter(
  records: readonly JournalRecord[],
  height: Height,
  certified: Height,
  lackedEnds: ReadonlySet<Height>,
): readonly JournalRecord[] {
  return records.filter((record) => {
    switch (record.type) {
      case 'prepared':
        return record.block.header.height > height;
      case 'locked':
      case 'committed':
        return record.certificate.height > height;
      case 'checkpointSigned':
        return record.height > certified || lackedEnds.has(record.height);
      case 'endCertified':
      case 'viewLeft':
      case 'viewEntered':
        return true;
    }
  });
}
