/**
 * Who may read whose records, as the last durable block left the state. Remembered for each organisation; a ledger has few.
 */
import { organisationOf } from '../../protocol/ledger/identity.js';
import {
  decodeReaders,
  firstWithholding,
  mayRead,
  readersStateKey,
  type Reader,
} from '../../protocol/governance/reading.js';
import type { Outcome } from '../../protocol/ledger/outcome.js';
import type { OrganisationName } from '../../protocol/primitives/identifiers.js';
import { isStateKind, stateKeyParts, type StateKey } from '../../protocol/state/state-key.js';
import type { StateWrite } from '../../protocol/state/write-set.js';
import type { LedgerStore } from '../ports.js';
import type { Reading } from '../use-cases.js';

export class ReadingPolicies implements Reading {
  private readonly known = new Map<StateKey, readonly string[]>();
  /** Grows when a policy changes: what was read before that is not remembered. */
  private changes = 0;

  constructor(private readonly store: Pick<LedgerStore, 'readState' | 'readOrganisations'>) {}

  /** A block is durable. */
  onExecuted(writes: readonly Pick<StateWrite, 'key'>[]): void {
    for (const { key } of writes) {
      if (!isStateKind(key, 'readers')) continue;
      this.changes += 1;
      this.known.delete(key);
    }
  }

  async visibility(
    reader: Reader,
    outcomes: readonly Pick<Outcome, 'identity'>[],
  ): Promise<(outcome: Pick<Outcome, 'identity'>) => boolean> {
    const owners = new Set(outcomes.map(({ identity }) => organisationOf(identity)));
    const policies = await this.policiesOf([...owners].filter((owner) => owner !== undefined));
    return ({ identity }) => mayRead(reader, organisationOf(identity), (owner) => policies.get(owner) ?? []);
  }

  async withholding(reader: Reader): Promise<OrganisationName | undefined> {
    const owners = (await this.store.readOrganisations()).map(({ key }) =>
      new TextDecoder().decode(stateKeyParts(key)[0]),
    );
    const policies = await this.policiesOf(owners);
    return firstWithholding(reader, owners, (owner) => policies.get(owner) ?? []);
  }

  private async policiesOf(
    owners: readonly OrganisationName[],
  ): Promise<ReadonlyMap<OrganisationName, readonly string[]>> {
    const { changes } = this;
    const missing = owners.map(readersStateKey).filter((key) => !this.known.has(key));
    const found =
      missing.length === 0 ? new Map<StateKey, Uint8Array>() : await this.store.readState(missing);
    const read = new Map(missing.map((key) => [key, decodeReaders(found.get(key))]));
    if (changes === this.changes) for (const [key, readers] of read) this.known.set(key, readers);
    return new Map(
      owners.map((owner) => {
        const key = readersStateKey(owner);
        return [owner, read.get(key) ?? this.known.get(key) ?? []];
      }),
    );
  }
}
