/** Organisations and identities as the durable head of the ledger has them, and what was done about each identity. */
import { decodeIdentityCounts, identityCountsStateKey } from '../../protocol/governance/identity-counts.js';
import {
  decodeIdentityEntry,
  identityHistoryStateKey,
  identityStateKey,
} from '../../protocol/governance/identity-entry.js';
import {
  decodeReaders,
  organisationHistoryStateKey,
  readersStateKey,
} from '../../protocol/governance/reading.js';
import {
  decodeOrganisationEntry,
  ORGANISATIONS_EVER_MAX,
} from '../../protocol/governance/organisation-entry.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import { identityText } from '../../protocol/ledger/identity.js';
import { parseUtf8 } from '../../protocol/primitives/bytes.js';
import type { Height, OrganisationName } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { stateKey, stateKeyParts, type StateKey } from '../../protocol/state/state-key.js';
import type { HistoryPage, LedgerReader, StateEntry, StatePage } from '../ports.js';
import type { MemberIdentity, MemberOrganisation, Members } from '../use-cases.js';
import { readStandingTerms } from './standing-terms.js';

export function lastName(key: StateKey): string {
  const part = stateKeyParts(key).at(-1);
  const name = part === undefined ? undefined : parseUtf8(part);
  invariant(name !== undefined, `state key ${key} ends with no name`);
  return name;
}

function toIdentity({ key, value }: StateEntry): MemberIdentity {
  const { rights, ...entry } = decodeIdentityEntry(value);
  const [organisationPart] = stateKeyParts(key);
  const organisation = organisationPart === undefined ? undefined : parseUtf8(organisationPart);
  invariant(organisation !== undefined, `state key ${key} names no organisation`);
  const name = lastName(key);
  return { identity: identityText(organisation, name), organisation, name, ...rights, ...entry };
}

export class MemberDirectory implements Members {
  constructor(
    private readonly reader: Pick<LedgerReader, 'listState' | 'readHistory'>,
    private readonly genesis: Pick<Genesis, 'validators' | 'parameters'>,
  ) {}

  async listOrganisations(): Promise<{
    readonly asOfHeight: Height;
    readonly organisations: readonly MemberOrganisation[];
  }> {
    const all = { after: undefined, limit: ORGANISATIONS_EVER_MAX };
    const { inForce } = await readStandingTerms(this.reader, this.genesis);
    const voters = new Set(inForce.validators.map(({ organisation }) => organisation));
    const counted = await this.reader.listState(stateKey('governance', 'identities'), all);
    const counts = new Map(counted.entries.map(({ key, value }) => [key, value]));
    const said = await this.reader.listState(stateKey('readers'), all);
    const readers = new Map(said.entries.map(({ key, value }) => [key, value]));
    const { asOfHeight, entries } = await this.reader.listState(stateKey('organisation'), all);
    const organisations = entries.map(({ key, value }) => {
      const name = lastName(key);
      return {
        name,
        validator: voters.has(name),
        ...decodeOrganisationEntry(value),
        ...decodeIdentityCounts(counts.get(identityCountsStateKey(name))),
        readers: decodeReaders(readers.get(readersStateKey(name))),
      };
    });
    return { asOfHeight, organisations };
  }

  async listIdentities(
    organisation: OrganisationName | undefined,
    after: { readonly organisation: OrganisationName; readonly name: string } | undefined,
    limit: number,
  ): Promise<{ readonly asOfHeight: Height; readonly identities: readonly MemberIdentity[] }> {
    const prefix = organisation === undefined ? stateKey('identity') : stateKey('identity', organisation);
    const from = after === undefined ? undefined : identityStateKey(after.organisation, after.name);
    const { asOfHeight, entries }: StatePage = await this.reader.listState(prefix, { after: from, limit });
    return { asOfHeight, identities: entries.map(toIdentity) };
  }

  async findIdentity(organisation: OrganisationName, name: string): Promise<MemberIdentity | undefined> {
    const key = identityStateKey(organisation, name);
    const { entries } = await this.reader.listState(key, { after: undefined, limit: 1 });
    const [entry] = entries;
    return entry === undefined ? undefined : toIdentity(entry);
  }

  readOrganisationHistory(organisation: OrganisationName, from: number, limit: number): Promise<HistoryPage> {
    return this.reader.readHistory(organisationHistoryStateKey(organisation), from, limit);
  }

  readHistory(
    organisation: OrganisationName,
    name: string,
    from: number,
    limit: number,
  ): Promise<HistoryPage> {
    return this.reader.readHistory(identityHistoryStateKey(organisation, name), from, limit);
  }
}
