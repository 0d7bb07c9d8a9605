/**
 * Restart: what the journal says this replica has promised. Votes are taken up again, never cast again differently;
 * the primary says the same proposals again (PBFT-RECOVER-1).
 */
import type { Effect, JournalRecord } from '../effect.js';
import type { RecoveredState } from '../replica-config.js';
import { acceptedPoint, heightLimit, mayVote, type ReplicaState } from '../replica-state.js';
import { addTip } from '../view-change/tips.js';
import { askForPrepare } from './accept.js';
import { learnCertificate } from './commit.js';
import { askForCommit } from './prepare.js';

/** Rebuilds votes, tips and final blocks above the database's head; `effects` gets what contradicts itself. */
export function recoverJournal(state: ReplicaState, recovered: RecoveredState, effects: Effect[]): void {
  for (const { block, certificate } of recovered.recentBlocks) {
    state.recent.set(block.header.height, { block, certificate, committedAtMs: -Infinity });
  }
  for (const record of recovered.journal) recoverRecord(state, record, effects);
}

function recoverRecord(state: ReplicaState, record: JournalRecord, effects: Effect[]): void {
  switch (record.type) {
    case 'prepared': {
      const { height } = record.block.header;
      if (height <= state.committed.height || record.epoch !== state.epoch) return;
      const { view, block } = record;
      state.voted.set(height, { view, block, acceptedAtMs: -Infinity, preparedAtMs: undefined });
      return;
    }
    case 'locked':
      if (record.certificate.height <= state.committed.height || record.certificate.epoch !== state.epoch)
        return;
      state.tips = addTip(state.tips, record.certificate);
      return;
    case 'committed': {
      const { height } = record.certificate;
      if (height <= state.committed.height) return;
      state.journalledHeight = Math.max(state.journalledHeight, height);
      learnCertificate(state, record.certificate, undefined, effects);
      if (record.block !== undefined && state.decided.has(height)) state.bodies.set(height, record.block);
      return;
    }
    case 'checkpointSigned':
      if (record.height > state.checkpoints.certifiedHeight) {
        state.checkpoints.signedRoots.set(record.height, record.root);
      }
  }
}

/** PBFT-RECOVER-2: journalled votes of this view that extend the chain are accepted, and prepared, without a new record. */
export function resumeVotes(state: ReplicaState, effects: Effect[]): void {
  while (mayVote(state) && state.acceptedHeight < heightLimit(state)) {
    const parent = acceptedPoint(state);
    const own = state.voted.get(parent.height + 1);
    if (own?.view !== state.view || own.block.header.parentHash !== parent.hash) return;
    const { height } = own.block.header;
    state.acceptedHeight = height;
    askForPrepare(state, own.block, effects);
    const isLocked = state.tips.some((tip) => tip.view === state.view && tip.height >= height);
    if (isLocked && state.preparedHeight === height - 1) askForCommit(state, own, effects);
  }
}
