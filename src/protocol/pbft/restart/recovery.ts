/**
 * Restart: what the journal says this replica has promised. Votes are taken up again, never cast again differently; the
 * primary says the same proposals again (PBFT-RECOVER-1). The order of the records does not matter: the journal rewrites
 * those that it must keep.
 */
import type { Epoch } from '../../primitives/identifiers.js';
import type { CheckpointCertificate } from '../certificate.js';
import { invariant } from '../../primitives/invariant.js';
import type { Effect, JournalRecord } from '../effect.js';
import { askForPrepare } from '../normal-case/accept.js';
import { learnCertificate } from '../normal-case/commit.js';
import { askForCommit } from '../normal-case/prepare.js';
import type { RecoveredState } from '../replica-config.js';
import { acceptedPoint, forgetBodies, heightLimit, isInWindow } from '../state/chain.js';
import { endAt } from '../state/epochs.js';
import type { KeptEnd, ReplicaState } from '../state/replica-state.js';
import { mayVote, ownKey } from '../state/standing.js';
import { restoreView } from '../view-change/enter-view.js';
import { addTip } from '../view-change/tips.js';

type RecordOf<Type extends JournalRecord['type']> = Extract<JournalRecord, { type: Type }>;

/**
 * Rebuilds view, votes, tips and final blocks above the database's head; `effects` gets what contradicts itself. Votes up to
 * the last known commit have served their purpose, however far the database was set back behind it.
 */
export function recoverJournal(state: ReplicaState, recovered: RecoveredState, effects: Effect[]): void {
  for (const { block, certificate } of recovered.recentBlocks) {
    state.recent.set(block.header.height, { block, certificate, committedAtMs: -Infinity });
  }
  for (const record of recovered.journal) {
    if (record.type === 'committed')
      state.knownHeight = Math.max(state.knownHeight, record.certificate.height);
  }
  for (const record of recovered.journal) recoverRecord(state, record, effects);
  recoverEpoch(state, recovered.journal);
  recoverFarewell(state);
}

/** The epoch whose promises a record tells of; `undefined` for one that holds whatever the epoch is. */
function epochOf(record: JournalRecord): Epoch | undefined {
  switch (record.type) {
    case 'prepared':
    case 'viewEntered':
      return record.epoch;
    case 'viewLeft':
      return record.content.epoch;
    case 'locked':
      return record.certificate.epoch;
    case 'committed':
    case 'checkpointSigned':
    case 'endCertified':
      return undefined;
  }
}

/** What was promised in the present epoch; promises of a later one wait until its beginning is committed again. */
function recoverEpoch(state: ReplicaState, journal: readonly JournalRecord[]): void {
  state.later = journal.filter((record) => (epochOf(record) ?? 0) > state.epoch);
  const records = journal.filter((record) => epochOf(record) === state.epoch);
  recoverView(state, records);
  for (const record of records) {
    if (record.type === 'prepared') recoverVote(state, record);
  }
  for (const record of records) {
    if (record.type === 'locked' && record.certificate.height > state.knownHeight)
      state.tips = addTip(state.tips, record.certificate);
  }
  forgetBodies(state);
}

/** True when a new epoch has begun since the restart of which the journal tells something. */
export function recoverLater(state: ReplicaState): boolean {
  if (!state.later.some((record) => (epochOf(record) ?? 0) <= state.epoch)) return false;
  recoverEpoch(state, state.later);
  return true;
}

/** A replica that has left may have been ended before it was free to go. */
function recoverFarewell(state: ReplicaState): void {
  const last = state.ended.at(-1);
  if (last === undefined) return;
  const key = ownKey(last.seats);
  if (key !== undefined && key !== ownKey(state.seats))
    state.farewell = { epoch: last.seats.epoch, lastHeight: last.header.height };
}

/** PBFT-RECOVER-5: the newest view that was left or entered; entering it comes after leaving the one before. */
function latestView(
  journal: readonly JournalRecord[],
  epoch: Epoch,
): RecordOf<'viewLeft' | 'viewEntered'> | undefined {
  let latest: RecordOf<'viewLeft' | 'viewEntered'> | undefined;
  let rank = 0;
  for (const record of journal) {
    if (record.type !== 'viewLeft' && record.type !== 'viewEntered') continue;
    const place = record.type === 'viewLeft' ? record.content : record;
    const recordRank = 2 * place.view + (record.type === 'viewEntered' ? 1 : 0);
    if (place.epoch !== epoch || recordRank < rank) continue;
    latest = record;
    rank = recordRank;
  }
  return latest;
}

function recoverView(state: ReplicaState, journal: readonly JournalRecord[]): void {
  const latest = latestView(journal, state.epoch);
  if (latest === undefined) return;
  if (latest.type === 'viewLeft') {
    const { timeout, content } = latest;
    state.view = content.view;
    state.phase = 'changing';
    state.viewState.timeout = timeout;
    state.viewState.ownChange = content;
    return;
  }
  state.view = latest.view;
  restoreView(state, latest.changes, latest.signature);
}

function recoverVote(state: ReplicaState, { view, block }: RecordOf<'prepared'>): void {
  const { height } = block.header;
  const isPast = height <= state.knownHeight;
  if (isPast && !isInWindow(state, height)) return;
  invariant(view <= state.view, `the journal has a vote of view ${view} and no record of entering it`);
  state.bodies.set(block.hash, block);
  if (view !== state.view || isPast) return;
  invariant(state.phase === 'active', `the journal has a vote of view ${view}, which was not entered`);
  state.voted.set(height, { block, acceptedAtMs: -Infinity, preparedAtMs: undefined });
}

/** The database may have missed it: it is told once more. */
function keepRecovered(end: KeptEnd, certificate: CheckpointCertificate, effects: Effect[]): void {
  if (end.checkpoint !== undefined) return;
  end.checkpoint = certificate;
  effects.push({ type: 'checkpointCertified', certificate });
}

/** What holds in every epoch. */
function recoverRecord(state: ReplicaState, record: JournalRecord, effects: Effect[]): void {
  switch (record.type) {
    case 'committed': {
      const { height, blockHash } = record.certificate;
      if (height <= state.committed.height) return;
      state.journalled.add(height);
      learnCertificate(state, record.certificate, undefined, effects);
      if (record.block !== undefined && isInWindow(state, height)) state.bodies.set(blockHash, record.block);
      return;
    }
    case 'checkpointSigned':
      if (record.height > state.checkpoints.certifiedHeight) {
        state.checkpoints.signedRoots.set(record.height, record.root);
      }
      return;
    case 'endCertified': {
      const { certificate } = record;
      const end = endAt(state, certificate.height);
      if (end !== undefined) keepRecovered(end, certificate, effects);
      else if (certificate.height > state.executedHeight)
        state.checkpoints.certificates.set(certificate.height, certificate);
      return;
    }
    case 'locked':
    case 'prepared':
    case 'viewLeft':
    case 'viewEntered':
      return;
  }
}

/** PBFT-RECOVER-2: journalled votes of this view that extend the chain are accepted, and prepared, without a new record. */
export function resumeVotes(state: ReplicaState, effects: Effect[]): void {
  while (mayVote(state) && state.acceptedHeight < heightLimit(state)) {
    const parent = acceptedPoint(state);
    const own = state.voted.get(parent.height + 1);
    if (own?.block.header.parentHash !== parent.hash) return;
    const { height } = own.block.header;
    state.acceptedHeight = height;
    askForPrepare(state, own.block, effects);
    const isLocked = state.tips.some((tip) => tip.view === state.view && tip.height >= height);
    if (isLocked && state.preparedHeight === height - 1) askForCommit(state, own, effects);
  }
}
