/**
 * Commands of an admin about the credentials of its organisation: keys that sign neither transactions nor votes. A key proves
 * itself for this chain, organisation and name, where its private half is; the admin gets the proof.
 */
import { credentialPossessionBytes } from '../../protocol/governance/possession.js';
import type { Command, CredentialKey } from '../../protocol/ledger/transaction.js';
import type {
  ChainId,
  Es256PublicKey,
  OrganisationName,
  Signature,
} from '../../protocol/primitives/identifiers.js';

/** Whoever holds a P-256 key: a keystore, a browser, a device. */
export interface Es256KeyHolder {
  /** Compressed form, 66 lower-case hex digits. */
  readonly publicKey: Es256PublicKey;
  /** ES256: r ‖ s, 64 bytes. */
  sign(message: Uint8Array): Promise<Signature>;
}

export interface CredentialPlace {
  readonly chainId: ChainId;
  readonly organisation: OrganisationName;
  /** Of the credential, without the organisation. */
  readonly name: string;
}

/** Key and proof for `registerCredential`; rejects as the holder does. */
export async function proveReceiptKeyWith(
  holder: Es256KeyHolder,
  place: CredentialPlace,
): Promise<CredentialKey> {
  const key = { type: 'receiptEs256', publicKey: holder.publicKey } as const;
  return { ...key, possession: await holder.sign(credentialPossessionBytes(key, place)) };
}

/** `replaces` names the credential that is revoked with it. */
export function registerCredential(name: string, key: CredentialKey, replaces?: string): Command {
  return { type: 'registerCredential', name, key, replaces };
}

/** For ever. */
export function revokeCredential(name: string): Command {
  return { type: 'revokeCredential', name };
}
