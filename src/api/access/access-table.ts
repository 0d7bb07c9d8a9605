/**
 * Who may call which operation: the one table. An operation that is not in it does not compile, and a route that is no
 * operation is refused. docs/ACCESS.md and the OpenAPI document are made from it; a test calls every operation as everybody.
 */
import { ROLES, type Role } from '../../protocol/ledger/identity.js';

export type Access =
  /** Nobody needs to say who they are. */
  | { readonly kind: 'anyone' }
  /** The body holds transactions, each signed by an identity; execution decides about its role. */
  | { readonly kind: 'signedTransactions' }
  /**
   * An identity of the ledger that may sign now and has one of the roles. `anyNode`: at every member's node; `ownNode`: at
   * those of its own organisation alone. The role operator counts at the own organisation's nodes whatever is said here.
   */
  | { readonly kind: 'roles'; readonly roles: readonly Role[]; readonly at: 'anyNode' | 'ownNode' };

const ANYONE: Access = { kind: 'anyone' };
const SIGNED_TRANSACTIONS: Access = { kind: 'signedTransactions' };

function roles(...names: readonly Role[]): Access {
  return { kind: 'roles', roles: names, at: 'anyNode' };
}

function rolesAtHome(...names: readonly Role[]): Access {
  return { kind: 'roles', roles: names, at: 'ownNode' };
}

const ANY_ROLE = roles(...ROLES);

export const ACCESS_TABLE = {
  submitTransaction: SIGNED_TRANSACTIONS,
  submitTransactionBatch: SIGNED_TRANSACTIONS,
  createRecords: rolesAtHome('submitter'),
  listTransactions: roles('submitter', 'auditor'),
  getTransaction: roles('submitter', 'auditor', 'admin'),
  getReceipt: roles('submitter', 'auditor', 'admin'),
  listReceiptKeys: ANYONE,
  getReceiptKey: ANYONE,
  getSubjectHistory: roles('submitter', 'auditor'),
  getState: roles('submitter', 'auditor'),
  searchRecords: roles('submitter', 'auditor'),
  traceSubject: roles('submitter', 'auditor'),
  listBlocks: ANY_ROLE,
  getBlock: ANY_ROLE,
  getLatestCheckpoint: ANYONE,
  getCheckpoint: ANYONE,
  getConsistencyProof: ANYONE,
  getInclusionProof: ANYONE,
  getValidatorHistory: ANYONE,
  getGenesis: ANY_ROLE,
  listOrganisations: ANY_ROLE,
  getOrganisationHistory: ANY_ROLE,
  listIdentities: ANY_ROLE,
  getIdentity: ANY_ROLE,
  getIdentityHistory: ANY_ROLE,
  listMotions: roles('submitter', 'auditor', 'admin'),
  getMotion: roles('submitter', 'auditor', 'admin'),
  getMotionHistory: roles('submitter', 'auditor', 'admin'),
  listValidators: roles('submitter', 'auditor', 'admin'),
  preflightChange: roles('auditor', 'admin', 'operator'),
  listEvidence: roles('auditor', 'admin', 'operator'),
  exportBundle: roles('auditor'),
  getAuditResult: roles('auditor'),
  listAuditState: roles('auditor'),
  getCaller: ANY_ROLE,
  getStatus: ANY_ROLE,
  checkLive: ANYONE,
  checkReady: ANYONE,
} as const satisfies Readonly<Record<string, Access>>;

export type OperationId = keyof typeof ACCESS_TABLE;

export function accessOf(id: OperationId): Access {
  return ACCESS_TABLE[id];
}

/** In words, for documents. */
export function describeAccess(access: Access): string {
  switch (access.kind) {
    case 'anyone':
      return 'anyone, without credentials';
    case 'signedTransactions':
      return 'whoever signs the transactions in the body';
    case 'roles': {
      const who = access.roles.length === ROLES.length ? 'any identity' : access.roles.join(', ');
      return access.at === 'ownNode' ? `${who} of the node's own organisation` : who;
    }
  }
}
