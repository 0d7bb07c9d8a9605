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
export {
  verifyCoseReceipt,
  type CoseReceiptTrust,
  type VerifiedCoseReceipt,
} from '../protocol/proof/verify-cose-receipt.js';
export { decodeReceiptKeys, receiptKeysProvenBy, type ReceiptKey } from '../protocol/proof/receipt-keys.js';
