/** Whether a key has the right to submit, as the state stands: a courtesy at admission, since execution decides. */
import { isPermitted, roleNeeded } from '../../protocol/governance/permissions.js';
import { resolveSigner, signerKey, type ResolvedSigner } from '../../protocol/governance/signer.js';
import type { Transaction } from '../../protocol/ledger/transaction.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';
import { PrefetchedState } from '../../protocol/state/state-view.js';
import type { LedgerStore } from '../ports.js';

/** Signers remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 10_000;

export class SignerCheck {
  private readonly known = new Map<PublicKey, ResolvedSigner>();
  /** Reads under way: the transactions of one new signer share one. */
  private readonly reading = new Map<PublicKey, Promise<ResolvedSigner | undefined>>();

  constructor(private readonly store: Pick<LedgerStore, 'readState'>) {}

  /** Refusals: SIGNER_UNKNOWN, SIGNER_NOT_PERMITTED. */
  async check({ publicKey, command }: Transaction): Promise<Result<ResolvedSigner>> {
    const signer = this.known.get(publicKey) ?? (await this.readOnce(publicKey));
    if (signer === undefined) {
      return reject(
        'SIGNER_UNKNOWN',
        `the key ${publicKey} belongs to no identity of this ledger; register it or sign with another`,
        'public_key',
      );
    }
    if (!isPermitted(signer, command)) {
      return reject(
        'SIGNER_NOT_PERMITTED',
        `${signer.identity} has not the role ${roleNeeded(command)}`,
        'public_key',
      );
    }
    return accept(signer);
  }

  private readOnce(publicKey: PublicKey): Promise<ResolvedSigner | undefined> {
    const open = this.reading.get(publicKey);
    if (open !== undefined) return open;
    const reading = this.read(publicKey).finally(() => {
      this.reading.delete(publicKey);
    });
    this.reading.set(publicKey, reading);
    return reading;
  }

  private async read(publicKey: PublicKey): Promise<ResolvedSigner | undefined> {
    const key = signerKey(publicKey);
    const values = await this.store.readState([key]);
    const signer = resolveSigner(new PrefetchedState([[key, values.get(key)]]), publicKey);
    if (signer === undefined) return undefined;
    this.known.set(publicKey, signer);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= REMEMBERED_MAX) break;
      this.known.delete(oldest);
    }
    return signer;
  }
}
