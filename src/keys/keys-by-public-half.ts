/**
 * Keys of the organisation's keystore found by their public half, whatever name they were made under: a new key needs no setting.
 * Which of them counts, the ledger says.
 */
import type { FileKeystore } from './file-keystore.js';

type KeyDescription = Awaited<ReturnType<FileKeystore['describe']>>;

interface KeySelection<Opened> {
  /** Names that are looked at. */
  readonly isWanted: (name: string) => boolean;
  readonly algorithm: KeyDescription['algorithm'];
  readonly open: (name: string) => Promise<Opened>;
}

export class KeysByPublicHalf<PublicKey extends string, Opened> {
  private names: ReadonlyMap<string, string> = new Map();
  private readonly opened = new Map<PublicKey, Promise<Opened>>();
  /** One look into the folder at a time, whoever asks. */
  private looking: Promise<void> | undefined;

  constructor(
    private readonly keystore: Pick<FileKeystore, 'list' | 'describe'>,
    private readonly selection: KeySelection<Opened>,
  ) {}

  /** `undefined` when it is not there. Throws those of the keystore; a key that could not be opened is tried again. */
  async find(publicKey: PublicKey): Promise<Opened | undefined> {
    if (!this.names.has(publicKey)) await this.look();
    const name = this.names.get(publicKey);
    return name === undefined ? undefined : this.load(publicKey, name);
  }

  private load(publicKey: PublicKey, name: string): Promise<Opened> {
    const open = this.opened.get(publicKey);
    if (open !== undefined) return open;
    const loading = this.selection.open(name).catch((error: unknown) => {
      this.opened.delete(publicKey);
      throw error;
    });
    this.opened.set(publicKey, loading);
    return loading;
  }

  private look(): Promise<void> {
    this.looking ??= this.readNames().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async readNames(): Promise<void> {
    const { isWanted, algorithm: wanted } = this.selection;
    const found = new Map<string, string>();
    for (const name of await this.keystore.list()) {
      if (!isWanted(name)) continue;
      const { algorithm, publicKey } = await this.keystore.describe(name);
      if (algorithm === wanted) found.set(publicKey, name);
    }
    this.names = found;
  }
}
