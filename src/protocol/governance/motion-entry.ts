/**
 * What the state says of a motion: motion/<motion id> → who proposed what, every ballot, and what became of it, in one entry: so
 * one proof shows the decision (GOV-3). governance/open-motions/<organisation> bounds what one organisation has open.
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { compareStrings, hexToBytes } from '../primitives/bytes.js';
import type { Height, OrganisationName, TransactionId } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';
import { readAction, writeAction, type MotionAction } from './motions/action-bytes.js';

export type { MotionAction } from './motions/action-bytes.js';

/** As they stand in the state, in the order of their numbers; that an open one has expired follows from its height. */
export const MOTION_STATUSES = ['open', 'accepted', 'rejected', 'withdrawn'] as const;

export interface Ballot {
  readonly organisation: OrganisationName;
  readonly approve: boolean;
  /** Of the block that it stands in. */
  readonly height: Height;
}

export interface MotionEntry {
  readonly proposer: OrganisationName;
  readonly action: MotionAction;
  readonly proposedHeight: Height;
  /** Last height at which a ballot counts. */
  readonly expiresHeight: Height;
  readonly status: (typeof MOTION_STATUSES)[number];
  /** Of the block that closed it; 0 while it is open. */
  readonly closedHeight: Height;
  /** Validators in force when it was accepted or rejected, and how many had to approve; else 0. */
  readonly validators: number;
  readonly needed: number;
  /** Ascending by organisation, each once for ever. */
  readonly ballots: readonly Ballot[];
}

/** Motions of one organisation that are open at a time. */
export const OPEN_MOTIONS_MAX = 16;

const VERSION = 1;

export function motionStateKey(motionId: TransactionId): StateKey {
  return stateKey('motion', hexToBytes(motionId));
}

/** Where the commands about a motion are listed, as a subject's records are (SUBJ-1). */
export function motionHistoryStateKey(motionId: TransactionId): StateKey {
  return stateKey('motionHistory', hexToBytes(motionId));
}

/** Whether a ballot may still be cast at `height`. */
export function isExpired({ status, expiresHeight }: MotionEntry, height: Height): boolean {
  return status === 'open' && height > expiresHeight;
}

/** The same motion with one ballot more. */
export function withBallot(motion: MotionEntry, ballot: Ballot): MotionEntry {
  const ballots = [...motion.ballots, ballot];
  return {
    ...motion,
    ballots: ballots.sort((left, right) => compareStrings(left.organisation, right.organisation)),
  };
}

export function encodeMotion(motion: MotionEntry): Uint8Array {
  const writer = new ByteWriter().u8(VERSION).text(motion.proposer);
  writeAction(writer, motion.action)
    .u64(motion.proposedHeight)
    .u64(motion.expiresHeight)
    .u8(MOTION_STATUSES.indexOf(motion.status))
    .u64(motion.closedHeight)
    .u16(motion.validators)
    .u16(motion.needed)
    .u16(motion.ballots.length);
  for (const { organisation, approve, height } of motion.ballots)
    writer
      .text(organisation)
      .u8(approve ? 1 : 0)
      .u64(height);
  return writer.finish();
}

function readBallots(reader: ByteReader): readonly Ballot[] {
  const count = reader.u16() ?? 0;
  const ballots: Ballot[] = [];
  for (let index = 0; index < count; index++) {
    const organisation = reader.text();
    const approve = reader.u8();
    const height = reader.u64();
    if (organisation === undefined || approve === undefined || height === undefined) break;
    ballots.push({ organisation, approve: approve === 1, height });
  }
  return ballots;
}

/** Of a value that this ledger wrote. */
export function decodeMotion(value: Uint8Array): MotionEntry {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const proposer = reader.text();
  const action = readAction(reader);
  const proposedHeight = reader.u64();
  const expiresHeight = reader.u64();
  const status = MOTION_STATUSES[reader.u8() ?? MOTION_STATUSES.length];
  const closedHeight = reader.u64();
  const validators = reader.u16();
  const needed = reader.u16();
  const ballots = readBallots(reader);
  invariant(
    reader.isComplete() &&
      version === VERSION &&
      proposer !== undefined &&
      action !== undefined &&
      proposedHeight !== undefined &&
      expiresHeight !== undefined &&
      status !== undefined &&
      closedHeight !== undefined &&
      validators !== undefined &&
      needed !== undefined,
    'a motion in the state is not one that this ledger writes',
  );
  return {
    ...{ proposer, action, proposedHeight, expiresHeight, status, closedHeight, validators, needed, ballots },
  };
}

export interface OpenMotion {
  readonly motionId: TransactionId;
  readonly expiresHeight: Height;
}

export function openMotionsStateKey(organisation: OrganisationName): StateKey {
  return stateKey('governance', 'open-motions', organisation);
}

/** In the order in which they were proposed; expired ones stand until the next is proposed. */
export function encodeOpenMotions(motions: readonly OpenMotion[]): Uint8Array {
  const writer = new ByteWriter().u8(VERSION).u16(motions.length);
  for (const { motionId, expiresHeight } of motions) writer.digest(motionId).u64(expiresHeight);
  return writer.finish();
}

/** Of a value that this ledger wrote; none stands for an empty list. */
export function decodeOpenMotions(value: Uint8Array | undefined): readonly OpenMotion[] {
  if (value === undefined) return [];
  const reader = new ByteReader(value);
  const version = reader.u8();
  const count = reader.u16() ?? 0;
  const motions: OpenMotion[] = [];
  for (let index = 0; index < count; index++) {
    const motionId = reader.digest() as string as TransactionId | undefined;
    const expiresHeight = reader.u64();
    if (motionId === undefined || expiresHeight === undefined) break;
    motions.push({ motionId, expiresHeight });
  }
  invariant(
    reader.isComplete() && version === VERSION,
    'a list of open motions in the state is not one that this ledger writes',
  );
  return motions;
}
