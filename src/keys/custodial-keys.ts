/**
 * Keys of identities that the node signs for (custody "node"): found in the organisation's keystore by their public half, so
 * that a rotated key is found under whatever name it was made. The ledger key is never among them.
 */
import type { IdentityKeys, Signer } from '../node/ports.js';
import type { PublicKey } from '../protocol/primitives/identifiers.js';
import { IDENTITY_KEY_PREFIX, type FileKeystore } from './file-keystore.js';

export class CustodialKeys implements IdentityKeys {
  private names: ReadonlyMap<PublicKey, string> = new Map();
  private readonly signers = new Map<PublicKey, Promise<Signer>>();
  /** One look into the folder at a time, whoever asks. */
  private looking: Promise<void> | undefined;

  constructor(private readonly keystore: FileKeystore) {}

  async find(publicKey: PublicKey): Promise<Signer | undefined> {
    if (!this.names.has(publicKey)) await this.look();
    const name = this.names.get(publicKey);
    return name === undefined ? undefined : this.load(publicKey, name);
  }

  private load(publicKey: PublicKey, name: string): Promise<Signer> {
    const open = this.signers.get(publicKey);
    if (open !== undefined) return open;
    const loading = this.keystore.loadSigner(name).catch((error: unknown) => {
      this.signers.delete(publicKey);
      throw error;
    });
    this.signers.set(publicKey, loading);
    return loading;
  }

  private look(): Promise<void> {
    this.looking ??= this.readNames().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async readNames(): Promise<void> {
    const found = new Map<PublicKey, string>();
    for (const name of await this.keystore.list()) {
      if (!name.startsWith(IDENTITY_KEY_PREFIX)) continue;
      const { algorithm, publicKey } = await this.keystore.describe(name);
      if (algorithm === 'ed25519') found.set(publicKey as PublicKey, name);
    }
    this.names = found;
  }
}
