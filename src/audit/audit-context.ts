/** What every pass of an audit works with: the rows, what it has found and counted, and how it keeps from disturbing others. */
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import type { Height } from '../protocol/primitives/identifiers.js';
import type { AuditCounts, AuditPosition } from './audit-position.js';
import type { Findings } from './finding.js';
import type { StoredRows } from './stored-rows.js';

export interface AuditContext {
  readonly rows: StoredRows;
  readonly genesis: Genesis;
  readonly verifier: SignatureVerifier;
  readonly findings: Findings;
  readonly head: Height;
  readonly fromHeight: Height;
  /** Grows as rows are audited. */
  readonly counts: { -readonly [Name in keyof AuditCounts]: number };
  certifiedHeight: Height;
  /**
   * Called with the cost of what is done next, about a row each: a signature counts SIGNATURE_COST. Waits when it is time to;
   * false: the audit is to stop.
   */
  readonly pace: (cost: number) => boolean | Promise<boolean>;
  /** Everything before is done, and an audit may go on from here. */
  readonly reached: (
    position: Pick<AuditPosition, 'pass' | 'chain' | 'page' | 'afterHistory'>,
    done: number,
    total: number,
  ) => void;
}

/** A check of an Ed25519 signature costs as much as reading and hashing a few rows. */
export const SIGNATURE_COST = 4;
