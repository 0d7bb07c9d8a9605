/** Where an audit stands: everything that it needs to go on in another process, as values of JSON. */
import type { BlockHash, Digest, Epoch, Height } from '../protocol/primitives/identifiers.js';
import type { KeptFindings } from './finding.js';

/** In the order in which they are taken. */
export const AUDIT_PASSES = ['blocks', 'records', 'histories', 'state', 'evidence'] as const;

export type AuditPass = (typeof AUDIT_PASSES)[number];

/** What the next block has to follow. */
export interface ChainPosition {
  readonly nextHeight: Height;
  readonly previousHash: BlockHash;
  /** Encoded frontier of the result log of the heights below, lower-case hex. */
  readonly resultLog: string;
  readonly epoch: Epoch;
  /** Of the set in force at `nextHeight`. */
  readonly validatorsDigest: Digest;
}

export interface AuditCounts {
  readonly blocks: number;
  readonly transactions: number;
  /** Records in histories: a record of two subjects counts twice. */
  readonly records: number;
  readonly stateEntries: number;
  readonly signatures: number;
}

export const NOTHING_COUNTED: AuditCounts = {
  blocks: 0,
  transactions: 0,
  records: 0,
  stateEntries: 0,
  signatures: 0,
};

export interface AuditPosition {
  /** Everything up to here is audited: it was the head at the beginning. */
  readonly head: Height;
  readonly fromHeight: Height;
  readonly pass: AuditPass;
  /** While blocks are audited. */
  readonly chain?: ChainPosition | undefined;
  /** Next heap page, or the digest of the last history in hex. */
  readonly page?: number | undefined;
  readonly afterHistory?: string | undefined;
  /** Highest height whose result a valid checkpoint proves, itself or through a later one. */
  readonly certifiedHeight: Height;
  readonly counts: AuditCounts;
  readonly findings: KeptFindings;
}
