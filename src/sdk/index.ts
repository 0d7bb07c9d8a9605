/** The client library: build, sign, submit, verify. Runs in browsers and in Node; imported as "countersign/sdk". */
export { ed25519Verifier } from '../protocol/crypto/ed25519.js';
export { parseGenesis, type Genesis } from '../protocol/ledger/genesis.js';
export type { Custody, Role } from '../protocol/ledger/identity.js';
export type {
  Command,
  CredentialKey,
  DocumentToRecord,
  IdentityKey,
  LedgerKey,
  ProposedAction,
} from '../protocol/ledger/transaction.js';
export type { Rejection, RejectionCode, Result } from '../protocol/primitives/rejection.js';
export {
  CountersignClient,
  type CountersignClientOptions,
  type PageOptions,
  type WaitOptions,
} from './countersign-client.js';
export { CountersignError, type Problem, type TransportCode } from './countersign-error.js';
export {
  proveReceiptKeyWith,
  registerCredential,
  revokeCredential,
  type CredentialPlace,
  type Es256KeyHolder,
} from './governance/credential-commands.js';
export {
  castBallot,
  parametersAction,
  proposeMotion,
  proveLedgerKey,
  proveLedgerKeyWith,
  setAddress,
  withdrawMotion,
} from './governance/governance-commands.js';
export {
  changeIdentity,
  proveKey,
  proveKeyWith,
  registerIdentity,
  revokeIdentity,
  rotateIdentityKey,
  setReaders,
  type RightsOptions,
} from './identity-commands.js';
export { createKeyPair, keyPairSigner, seedToKeyPair, type KeyPair } from './key-pair.js';
export { credentialHeaders, type Credentials, type RequestToSign } from './request-credentials.js';
export type * from './governance/governance-resources.js';
export type * from './resources.js';
export type * from './search/search-resources.js';
export {
  captureEpcisDocument,
  decodeSignedTransaction,
  recordDocuments,
  signTransaction,
  signTransactionWith,
  type SignedTransaction,
  type TransactionTerms,
} from './sign-transaction.js';
export type { TransactionSigner } from './key-pair.js';
export { verifyCheckpoint, type VerifiedCheckpoint } from './verify-checkpoint.js';
export { isWithheld, readableItems } from './withheld.js';
export { verifyReceipt, type VerifiedReceipt } from '../protocol/proof/verify-receipt.js';
export { explainReceipt, type ReceiptExplanation } from '../protocol/proof/explain-receipt.js';
export { PROOF_STEPS, type ProofStep, type ProofStepName } from '../protocol/proof/proof-trace.js';
export { LogClient, type ConsistencyProof, type InclusionProof, type LogState } from './log/log-client.js';
export { verifyAgainstPin } from './log/pinned-checkpoint.js';
export { verifyConsistency, verifyInclusion } from './log/verify-log-proofs.js';
export { decodeWitnessState, encodeWitnessState, type WitnessState } from './log/witness-state.js';
export { Witness, type LogFork, type NodeReport, type WitnessedNode } from './log/witness.js';
export type {
  AtHeightOptions,
  ProofPageOptions,
  StateEntry,
  SubjectHistoryFile,
} from './proofs/proof-requests.js';
export { SUBJECT_HISTORY_FORMAT } from '../protocol/proof/state/subject-history.js';
export { STATE_VALUE_FORMAT } from '../protocol/proof/state/state-value.js';
export {
  verifySubjectHistory,
  type VerifiedHistoryEntry,
  type VerifiedSubjectHistory,
} from '../protocol/proof/state/verify-subject-history.js';
export {
  verifySubjectPages,
  type VerifiedSubjectPages,
} from '../protocol/proof/state/verify-subject-pages.js';
export { verifyState, type VerifiedState } from '../protocol/proof/state/verify-state-value.js';
export { subjectKeyText } from '../protocol/state/state-key-text.js';
export type * from './audit/audit-resources.js';
export { compareLedgers } from './audit/compare-ledgers.js';
export type * from './audit/ledger-comparison.js';
export { verifyBundle, type VerifyBundleOptions } from './audit/verify-bundle-stream.js';
export type { BundlePlace, BundleProgress, VerifiedBundle } from '../protocol/proof/bundle/verify-bundle.js';
export {
  verifyCoseReceipt,
  type CoseReceiptTrust,
  type VerifiedCoseReceipt,
} from '../protocol/proof/cose/verify-cose-receipt.js';
export {
  decodeReceiptKeys,
  receiptKeysProvenBy,
  type ReceiptKey,
} from '../protocol/proof/cose/receipt-keys.js';
