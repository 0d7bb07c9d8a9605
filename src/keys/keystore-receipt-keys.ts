/**
 * Keys for COSE receipts in the organisation's keystore, found by their public half: which of them counts, the ledger says, so
 * a new one needs no setting.
 */
import type { Es256Signer, ReceiptKeys } from '../node/ports.js';
import type { Es256PublicKey } from '../protocol/primitives/identifiers.js';
import type { FileKeystore } from './file-keystore.js';

export class KeystoreReceiptKeys implements ReceiptKeys {
  private names: ReadonlyMap<string, string> = new Map();
  private readonly signers = new Map<Es256PublicKey, Promise<Es256Signer>>();
  /** One look into the folder at a time, whoever asks. */
  private looking: Promise<void> | undefined;

  constructor(private readonly keystore: FileKeystore) {}

  async find(publicKey: Es256PublicKey): Promise<Es256Signer | undefined> {
    if (!this.names.has(publicKey)) await this.look();
    const name = this.names.get(publicKey);
    return name === undefined ? undefined : this.load(publicKey, name);
  }

  private load(publicKey: Es256PublicKey, name: string): Promise<Es256Signer> {
    const open = this.signers.get(publicKey);
    if (open !== undefined) return open;
    const loading = this.keystore.loadEs256Signer(name).catch((error: unknown) => {
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
    const found = new Map<string, string>();
    for (const name of await this.keystore.list()) {
      const { algorithm, publicKey } = await this.keystore.describe(name);
      if (algorithm === 'es256') found.set(publicKey, name);
    }
    this.names = found;
  }
}
