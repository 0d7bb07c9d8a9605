/** What a transaction asks for: a closed union, one member for each command of transaction.proto. */
import type { CredentialCommand } from './credential-command.js';
import type { GovernanceCommand } from './governance-command.js';
import type { IdentityCommand } from './identity-command.js';
import type { SetReadersCommand } from './set-readers-command.js';

export interface DocumentToRecord {
  /** 1 to 128 bytes of printable ASCII without space. */
  readonly kind: string;
  /** UTF-8 JSON, byte for byte; a view of the transaction's body when decoded from one. */
  readonly content: Uint8Array;
  /** JSON pointers (RFC 6901). */
  readonly subjectPointers: readonly string[];
}

export interface RecordDocumentsCommand {
  readonly type: 'recordDocuments';
  readonly documents: readonly DocumentToRecord[];
}

export interface CaptureEpcisDocumentCommand {
  readonly type: 'captureEpcisDocument';
  /** UTF-8 JSON, byte for byte; a view of the transaction's body when decoded from one. */
  readonly document: Uint8Array;
}

export type Command =
  | RecordDocumentsCommand
  | CaptureEpcisDocumentCommand
  | IdentityCommand
  | SetReadersCommand
  | CredentialCommand
  | GovernanceCommand;

const PRINTABLE_ASCII = /^[\x21-\x7e]{1,128}$/;

/** Idempotency keys and kinds of documents: 1 to 128 printable ASCII characters, no space. */
export function isToken(text: string): boolean {
  return PRINTABLE_ASCII.test(text);
}
