/** The organisations' keys for COSE receipts, past ones included, as the ledger has them; read once for each height. */
import {
  credentialsPrefix,
  toNamedCredential,
} from '../../protocol/governance/credentials/credential-entry.js';
import { signsReceipts } from '../../protocol/ledger/transaction.js';
import type { ReceiptKey } from '../../protocol/proof/cose/receipt-keys.js';
import type { Es256PublicKey, Height, OrganisationName } from '../../protocol/primitives/identifiers.js';
import type { LedgerReader } from '../ports.js';
import type { Credentials, ReceiptKeyList } from '../use-cases.js';
import type { StateKey } from '../../protocol/state/state-key.js';

const PAGE = 1_000;

export class CredentialDirectory implements Credentials {
  private known: ReceiptKeyList | undefined;
  /** One read at a time, whoever asks. */
  private reading: Promise<ReceiptKeyList> | undefined;

  constructor(
    private readonly reader: Pick<LedgerReader, 'listState'>,
    private readonly executedHeight: () => Height,
  ) {}

  async listReceiptKeys(): Promise<ReceiptKeyList> {
    if (this.known?.asOfHeight === this.executedHeight()) return this.known;
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** Those of an organisation with which it signs now for a tree that ends with `height`, the newest first. */
  async signingKeys(organisation: OrganisationName, height: Height): Promise<readonly ReceiptKey[]> {
    const { keys } = await this.listReceiptKeys();
    return keys
      .filter((key) => key.organisation === organisation && signsFor(key, height))
      .toSorted((one, two) => two.fromHeight - one.fromHeight);
  }

  /** Whether the organisation signs with the key now, for a tree that ends with `height`. */
  async isSigningKey(
    organisation: OrganisationName,
    publicKey: Es256PublicKey,
    height: Height,
  ): Promise<boolean> {
    return (await this.signingKeys(organisation, height)).some((key) => key.publicKey === publicKey);
  }

  private async read(): Promise<ReceiptKeyList> {
    const keys: ReceiptKey[] = [];
    let after: StateKey | undefined;
    let asOfHeight: Height;
    let count: number;
    do {
      const page = await this.reader.listState(credentialsPrefix(), { after, limit: PAGE });
      for (const { key, value } of page.entries) {
        const { type, ...named } = toNamedCredential(key, value);
        if (signsReceipts(type)) keys.push(named);
      }
      after = page.entries.at(-1)?.key;
      asOfHeight = page.asOfHeight;
      count = page.entries.length;
    } while (count === PAGE);
    this.known = { asOfHeight, keys };
    return this.known;
  }
}

/** A key that was revoked signs nothing more, not even for heights at which it counted. */
function signsFor({ fromHeight, untilHeight }: ReceiptKey, height: Height): boolean {
  return untilHeight === 0 && fromHeight <= height;
}
