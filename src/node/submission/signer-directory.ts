/**
 * Whose key it is, and whether it has the right to submit, as the last durable block left the state. The right is a courtesy at
 * admission, since execution decides; whose it is decides the lane in the mempool, at every node alike.
 */
import { identityStateKey } from '../../protocol/governance/identity-entry.js';
import { organisationStateKey } from '../../protocol/governance/organisation-entry.js';
import { isPermitted, roleNeeded } from '../../protocol/governance/permissions.js';
import {
  findSigner,
  readSignerEntry,
  resolveSigner,
  signerKey,
  type ResolvedSigner,
} from '../../protocol/governance/signer.js';
import type { Height, OrganisationName, PublicKey } from '../../protocol/primitives/identifiers.js';
import { accept, reject, type Rejection, type Result } from '../../protocol/primitives/rejection.js';
import { isStateKind, type StateKey } from '../../protocol/state/state-key.js';
import { PrefetchedState } from '../../protocol/state/state-view.js';
import type { StateWrite } from '../../protocol/state/write-set.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { LedgerStore, StateEntry } from '../ports.js';

/** Keys whose organisation is remembered; later ones share the lane of strangers. */
export const SIGNERS_KNOWN_MAX = 200_000;
/** Identities whose rights are remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 10_000;

interface Remembered {
  /** The entries of the key, of its identity and of the organisation. */
  readonly view: PrefetchedState;
  /** What it is forgotten with: its identity and its organisation. */
  readonly changesWith: readonly StateKey[];
}

export class SignerDirectory {
  /** A key belongs to one identity for ever, so this only grows. */
  private readonly organisations = new Map<PublicKey, OrganisationName>();
  private readonly remembered = new Map<PublicKey, Remembered>();
  /** Reads under way: the transactions of one new signer share one. */
  private readonly reading = new Map<PublicKey, Promise<Remembered | undefined>>();
  /** Grows when identities or organisations change: what was read before that is not remembered. */
  private changes = 0;

  constructor(
    private readonly store: Pick<LedgerStore, 'readState'>,
    signers: readonly StateEntry[],
  ) {
    this.learn(signers);
  }

  /** `undefined` for a stranger's. */
  organisationOf(publicKey: PublicKey): OrganisationName | undefined {
    return this.organisations.get(publicKey);
  }

  /** A block is durable. */
  onExecuted(writes: readonly Pick<StateWrite, 'key' | 'value'>[]): void {
    const changed = new Set(
      writes
        .map(({ key }) => key)
        .filter((key) => isStateKind(key, 'identity') || isStateKind(key, 'organisation')),
    );
    if (changed.size === 0) return;
    this.changes += 1;
    this.reading.clear();
    for (const [publicKey, { changesWith }] of this.remembered)
      if (changesWith.some((key) => changed.has(key))) this.remembered.delete(publicKey);
    this.learn(writes.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])));
  }

  /** Whose key it is, with what it may do at `height`; `undefined` for a stranger's. Strangers cost no read. */
  async resolve(publicKey: PublicKey, height: Height): Promise<ResolvedSigner | undefined> {
    const mayBeKnown = this.organisations.has(publicKey) || this.organisations.size >= SIGNERS_KNOWN_MAX;
    const found = this.remembered.get(publicKey) ?? (mayBeKnown ? await this.readOnce(publicKey) : undefined);
    return found === undefined ? undefined : resolveSigner(found.view, publicKey, height);
  }

  /**
   * Whether a block of `height` would execute it. Refusals: SIGNER_UNKNOWN, SIGNER_ORGANISATION_REMOVED, SIGNER_REVOKED,
   * SIGNER_NOT_VALID_YET, SIGNER_EXPIRED, SIGNER_NOT_PERMITTED, and the flaws of a change that show only with the signer's organisation.
   */
  async check(admitted: AdmittedTransaction, height: Height): Promise<Result<ResolvedSigner>> {
    const { publicKey, command } = admitted.transaction;
    const signer = await this.resolve(publicKey, height);
    if (signer === undefined) {
      return reject(
        'SIGNER_UNKNOWN',
        `the key ${publicKey} belongs to no identity of this ledger; register it or sign with another`,
        'public_key',
      );
    }
    const flaw = signerRejection(signer, height);
    if (flaw !== undefined) return { ok: false, rejection: flaw };
    if (!isPermitted(signer, command)) {
      return reject(
        'SIGNER_NOT_PERMITTED',
        `${signer.identity} has not the role ${roleNeeded(command)}`,
        'public_key',
      );
    }
    const rejection = admitted.planned.change?.flawFor(signer.organisation);
    return rejection === undefined ? accept(signer) : { ok: false, rejection };
  }

  private learn(signers: readonly StateEntry[]): void {
    for (const { key, value } of signers) {
      if (!isStateKind(key, 'signer') || this.organisations.size >= SIGNERS_KNOWN_MAX) continue;
      const { publicKey, organisation } = readSignerEntry(key, value);
      this.organisations.set(publicKey, organisation);
    }
  }

  private readOnce(publicKey: PublicKey): Promise<Remembered | undefined> {
    const open = this.reading.get(publicKey);
    if (open !== undefined) return open;
    const reading = this.read(publicKey).finally(() => {
      if (this.reading.get(publicKey) === reading) this.reading.delete(publicKey);
    });
    this.reading.set(publicKey, reading);
    return reading;
  }

  private async read(publicKey: PublicKey): Promise<Remembered | undefined> {
    const { changes, store } = this;
    const key = signerKey(publicKey);
    const value = (await store.readState([key])).get(key);
    const signer = findSigner(new PrefetchedState([[key, value]]), publicKey);
    if (signer === undefined) return undefined;
    const identityKey = identityStateKey(signer.organisation, signer.name);
    const changesWith = [identityKey, organisationStateKey(signer.organisation)];
    const entries = await store.readState(changesWith);
    const view = new PrefetchedState([
      [key, value],
      ...changesWith.map((entry) => [entry, entries.get(entry)] as const),
    ]);
    const found = { view, changesWith };
    if (changes === this.changes) this.remember(publicKey, found);
    return found;
  }

  private remember(publicKey: PublicKey, found: Remembered): void {
    this.remembered.set(publicKey, found);
    for (const oldest of this.remembered.keys()) {
      if (this.remembered.size <= REMEMBERED_MAX) break;
      this.remembered.delete(oldest);
    }
  }
}

function signerRejection(signer: ResolvedSigner, height: Height): Rejection | undefined {
  const { identity, refusal, validFromHeight, validUntilHeight } = signer;
  switch (refusal) {
    case undefined:
      return undefined;
    case 'SIGNER_ORGANISATION_REMOVED':
      return reject(
        refusal,
        `${signer.organisation} was removed from the consortium, and ${identity} with it; sign with an identity of a member`,
        'public_key',
      ).rejection;
    case 'SIGNER_REVOKED':
      return reject(
        refusal,
        `${identity} was revoked or has another key now; sign with a key that is in force`,
        'public_key',
      ).rejection;
    case 'SIGNER_NOT_VALID_YET':
      return reject(
        refusal,
        `${identity} may sign from height ${validFromHeight} on, the next block is ${height}; send it again then`,
        'public_key',
      ).rejection;
    case 'SIGNER_EXPIRED':
      return reject(
        refusal,
        `${identity} might sign up to height ${validUntilHeight}, the next block is ${height}; let an admin extend it`,
        'public_key',
      ).rejection;
  }
}
