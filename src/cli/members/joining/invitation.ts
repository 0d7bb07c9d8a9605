/** What `init --invite` takes from an invitation, and what it asks the members for in turn. */
import { identityKeyName, LEDGER_KEY_NAME, type FileKeystore } from '../../../keys/file-keystore.js';
import type { GenesisOrganisation } from '../../../protocol/ledger/genesis.js';
import { isNetworkAddress } from '../../../protocol/primitives/network-address.js';
import { proveKeyWith, proveLedgerKeyWith } from '../../../sdk/index.js';
import { UsageError } from '../../exit-code.js';
import { readInput } from '../../input-file.js';
import { readInvite, type ReadInvite } from './invite.js';
import { admissionToRequest, type JoinRequest } from './join-request.js';

export interface InvitationOptions {
  readonly invite?: string;
  readonly address?: string;
}

export interface Invitation extends ReadInvite {
  /** Where the own node will be reached. */
  readonly address: string;
}

/** Throws UsageError without an address, or when the name is taken already; INVITE_INVALID. */
export async function readInvitation(
  organisation: string,
  { invite, address }: InvitationOptions,
): Promise<Invitation | undefined> {
  if (invite === undefined) return undefined;
  if (address === undefined || !isNetworkAddress(address))
    throw new UsageError(
      '--invite needs --address HOST:PORT: where the members reach the node of this organisation',
    );
  const read = readInvite(await readInput(invite), invite);
  if (read.genesis.organisations.some(({ name }) => name === organisation))
    throw new UsageError(`${organisation} founded this consortium; choose another name`);
  return { ...read, address };
}

/** To be a member, with its own keys and its first admin. */
export async function createRequest(
  { name: organisation, identities }: GenesisOrganisation,
  keystore: FileKeystore,
  { address, genesis: { chainId } }: Invitation,
): Promise<JoinRequest> {
  const admin = identities.find(({ roles }) => roles.includes('admin'));
  if (admin === undefined)
    throw new UsageError('an organisation joins with an admin: give one identity the role admin');
  const place = { chainId, organisation, name: admin.name };
  const ledgerKey = await proveLedgerKeyWith(await keystore.loadSigner(LEDGER_KEY_NAME), place);
  const key = await proveKeyWith(await keystore.loadSigner(identityKeyName(admin.name)), place);
  return admissionToRequest({ organisation, ledgerKey, address, admin: { name: admin.name, key } }, chainId);
}
