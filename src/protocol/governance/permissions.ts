/** Which role a command needs. No role implies another; the answer depends on the state before the block only. */
import type { Command } from '../ledger/transaction.js';
import { unreachable } from '../primitives/invariant.js';
import type { ResolvedSigner } from './signer.js';

/** Right to post records of any kind. */
export function mayRecord(signer: Pick<ResolvedSigner, 'roles'>): boolean {
  return signer.roles.includes('submitter');
}

export function isPermitted(signer: ResolvedSigner, command: Command): boolean {
  switch (command.type) {
    case 'recordDocuments':
    case 'captureEpcisDocument':
      return mayRecord(signer);
    default:
      return unreachable(command);
  }
}
