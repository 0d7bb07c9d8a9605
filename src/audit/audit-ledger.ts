/**
 * Verifies everything that a node's database holds, from the genesis file on: what is signed, what is hashed and what counts
 * what. Nothing is executed again, since what execution gave is countersigned (docs/adr/0036). Used by the command for a
 * database and by the node for its own.
 */
import { ed25519Verifier } from '../protocol/crypto/ed25519.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { Height } from '../protocol/primitives/identifiers.js';
import { bytesToHex } from '../protocol/primitives/bytes.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { AuditContext } from './audit-context.js';
import {
  AUDIT_PASSES,
  NOTHING_COUNTED,
  type AuditCounts,
  type AuditPass,
  type AuditPosition,
} from './audit-position.js';
import { Findings, type Finding, type KeptFindings } from './finding.js';
import { auditBlocks } from './passes/blocks-pass.js';
import { auditEvidence } from './passes/evidence-pass.js';
import { auditHistories } from './passes/histories-pass.js';
import { auditRecords } from './passes/records-pass.js';
import { auditState } from './passes/state-pass.js';
import type { StateSnapshot, StoredRows } from './stored-rows.js';

export type StateAudit = (context: AuditContext) => Promise<boolean>;

export interface AuditProgress {
  readonly pass: AuditPass;
  /** Of the pass, in a unit of its own. */
  readonly done: number;
  readonly total: number;
  readonly counts: AuditCounts;
  readonly findings: number;
}

export interface AuditOptions {
  readonly rows: StoredRows;
  readonly genesis: Genesis;
  /** What lies below is taken as it is stored; 0 for everything. */
  readonly fromHeight: Height;
  readonly resume?: AuditPosition | undefined;
  /** How the state is audited: `stateInOneSnapshot`, or by whoever holds the tree of it. False: it was stopped. */
  readonly state: StateAudit;
  /** See AuditContext. */
  readonly pace: AuditContext['pace'];
  readonly onProgress?: (progress: AuditProgress) => void;
  readonly onPosition?: (position: AuditPosition) => void;
  readonly onFinding?: (finding: Finding) => void;
}

export interface AuditReport {
  /** False: it was stopped, and may go on from the last position. */
  readonly complete: boolean;
  readonly fromHeight: Height;
  readonly head: Height;
  /** Results above are not countersigned yet, so nothing but this database speaks for them. */
  readonly certifiedHeight: Height;
  readonly counts: AuditCounts;
  readonly findingCount: number;
  readonly findings: KeptFindings;
}

/** Rejects LedgerError GENESIS_MISMATCH at once for the ledger of another chain, LEDGER_EMPTY, AUDIT_POSITION_INVALID and those of the reads. */
export async function auditLedger(options: AuditOptions): Promise<AuditReport> {
  const { rows, genesis, resume } = options;
  const head = await openLedger(rows, genesis);
  if (resume !== undefined && resume.head > head) {
    const message = `the position is that of a ledger of height ${resume.head}, and this one ends at ${head}: leave --resume away`;
    throw new LedgerError('AUDIT_POSITION_INVALID', message);
  }
  if (options.fromHeight > head) {
    const message = `the ledger ends at height ${head}: an audit cannot begin at ${options.fromHeight}`;
    throw new LedgerError('AUDIT_POSITION_INVALID', message);
  }
  const findings = new Findings(options.onFinding);
  if (resume !== undefined) findings.restore(resume.findings);
  const counts = { ...(resume?.counts ?? NOTHING_COUNTED) };
  const fromHeight = resume?.fromHeight ?? options.fromHeight;
  const context: AuditContext = {
    rows,
    genesis,
    verifier: ed25519Verifier,
    findings,
    head: resume?.head ?? head,
    fromHeight,
    counts,
    certifiedHeight: resume?.certifiedHeight ?? 0,
    pace: options.pace,
    reached: (reached, done, total) => {
      options.onProgress?.({ pass: reached.pass, done, total, counts, findings: findings.count });
      const { certifiedHeight } = context;
      const kept = findings.toJSON();
      options.onPosition?.({
        head: context.head,
        fromHeight,
        certifiedHeight,
        counts,
        findings: kept,
        ...reached,
      });
    },
  };
  const complete = await runPasses(context, options);
  return {
    complete,
    fromHeight,
    head: context.head,
    certifiedHeight: context.certifiedHeight,
    counts,
    findingCount: findings.count,
    findings: findings.toJSON(),
  };
}

/** The head of the right ledger. */
async function openLedger(rows: StoredRows, genesis: Genesis): Promise<Height> {
  const stored = await rows.readGenesis();
  const head = await rows.headHeight();
  if (stored === undefined || head === undefined)
    throw new LedgerError('LEDGER_EMPTY', 'the database holds no ledger yet: start the node once');
  const chainId = bytesToHex(stored.chainId);
  if (chainId === genesis.chainId) return head;
  throw new LedgerError(
    'GENESIS_MISMATCH',
    `the database holds the ledger of chain ${chainId}, the genesis file is that of chain ${genesis.chainId}: ` +
      'give the right genesis file or another database',
  );
}

async function runPasses(context: AuditContext, { resume, state }: AuditOptions): Promise<boolean> {
  const first = resume === undefined ? 0 : AUDIT_PASSES.indexOf(resume.pass);
  for (const pass of AUDIT_PASSES.slice(first)) {
    const resumed = pass === resume?.pass ? resume : undefined;
    if (resumed === undefined) context.reached({ pass }, 0, 1);
    if (!(await runPass(pass, context, resumed, state))) return false;
  }
  return true;
}

function runPass(
  pass: AuditPass,
  context: AuditContext,
  resumed: AuditPosition | undefined,
  state: StateAudit,
): Promise<boolean> {
  switch (pass) {
    case 'blocks':
      return auditBlocks(context, resumed?.chain);
    case 'records':
      return auditRecords(context, resumed?.page);
    case 'histories':
      return auditHistories(context, resumed?.afterHistory);
    case 'state':
      return state(context);
    case 'evidence':
      return auditEvidence(context);
  }
}

/** The state as one moment of the database, for whoever does not hold its tree. `open` closes the snapshot when the work is done. */
export function stateInOneSnapshot(
  open: (work: (snapshot: StateSnapshot) => Promise<boolean>) => Promise<boolean>,
): StateAudit {
  return (context) => open((snapshot) => auditState(context, snapshot));
}
