/** Which role a command needs. No role implies another; the answer depends on the state before the block only. */
import type { Role } from '../ledger/identity.js';
import type { Command } from '../ledger/transaction.js';
import type { ResolvedSigner } from './signer.js';

const ROLE_NEEDED: { readonly [Type in Command['type']]: Role } = {
  recordDocuments: 'submitter',
  captureEpcisDocument: 'submitter',
  registerIdentity: 'admin',
  changeIdentity: 'admin',
  rotateIdentityKey: 'admin',
  revokeIdentity: 'admin',
  setReaders: 'admin',
  proposeMotion: 'admin',
  castBallot: 'admin',
  withdrawMotion: 'admin',
  setAddress: 'admin',
  registerCredential: 'admin',
  revokeCredential: 'admin',
};

/** Role that a signer must hold for the command. */
export function roleNeeded(command: Command): Role {
  return ROLE_NEEDED[command.type];
}

export function isPermitted(signer: Pick<ResolvedSigner, 'roles'>, command: Command): boolean {
  return signer.roles.includes(roleNeeded(command));
}
