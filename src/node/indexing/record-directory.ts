/**
 * Searches and traces with the rule of who reads whose records (READ-1 … READ-3) applied. What is withheld leaves its place where
 * nothing but a subject and the time of recording was asked for, as in a history. Every other filter looks into the records, so
 * only those count that the reader may read: what a record holds is not to be guessed from whether it is found.
 */
import type { Reader } from '../../protocol/governance/reading.js';
import { identityText } from '../../protocol/ledger/identity.js';
import type { Height, OrganisationName } from '../../protocol/primitives/identifiers.js';
import type { RecordFilter, RecordSearch } from '../index-ports.js';
import type { Members, Reading } from '../use-cases.js';
import type { IndexStanding } from './record-indexer.js';
import type { Records, RecordSearchPage, RecordSearchQuery, Trace, TraceQuery } from './search-cases.js';
import { traceSubject } from './trace-subject.js';

/** Filters that tell no more of a record than a history of its subject does. */
const PLACE_FILTERS: ReadonlySet<keyof RecordFilter> = new Set<keyof RecordFilter>([
  'subject',
  'recordedFromMs',
  'recordedToMs',
]);

export interface RecordDirectoryPorts {
  readonly search: RecordSearch;
  readonly indexer: { standing(): IndexStanding };
  readonly members: Pick<Members, 'listOrganisations'>;
  readonly reading: Reading;
}

function looksIntoRecords({ filter, orderBy, organisation }: RecordSearchQuery): boolean {
  const asked = Object.keys(filter) as (keyof RecordFilter)[];
  return (
    organisation !== undefined || orderBy === 'eventTime' || asked.some((name) => !PLACE_FILTERS.has(name))
  );
}

export class RecordDirectory implements Records {
  constructor(private readonly ports: RecordDirectoryPorts) {}

  standing(): IndexStanding {
    return this.ports.indexer.standing();
  }

  indexedHeight(): Promise<Height> {
    return this.ports.search.indexedHeight();
  }

  async search(reader: Reader, { organisation, ...query }: RecordSearchQuery): Promise<RecordSearchPage> {
    const readable = await this.readableOwners(reader);
    const owners = looksIntoRecords({ organisation, ...query })
      ? [...readable].filter((owner) => organisation === undefined || owner === organisation)
      : undefined;
    const { records, next } = await this.ports.search.search({ ...query, owners });
    const items = records.map((found) => {
      if (readable.has(found.organisation)) return found;
      const { height, transactionIndex, recordIndex } = found;
      return { height, transactionIndex, recordIndex, withheld: true } as const;
    });
    return { items, next };
  }

  async trace(reader: Reader, query: TraceQuery): Promise<Trace> {
    const readable = await this.readableOwners(reader);
    return traceSubject(this.ports.search, query, (organisation) => readable.has(organisation));
  }

  /** Of all organisations that ever were: the records of one that has left are still its own. */
  private async readableOwners(reader: Reader): Promise<ReadonlySet<OrganisationName>> {
    const { members, reading } = this.ports;
    const { organisations } = await members.listOrganisations();
    // The rule asks for the organisation of an identity, whatever its name.
    const owners = organisations.map(({ name }) => ({ name, identity: identityText(name, 'owner') }));
    const isVisible = await reading.visibility(reader, owners);
    return new Set(owners.filter(isVisible).map(({ name }) => name));
  }
}
