/**
 * One-up-one-back over the index, breadth first: level by level the records that link the subjects of the level, the edges that
 * they give, and the subjects of the next. Depth, edges and bytes are bounded; where a bound is reached the node stays open. What
 * the reader may not read is shown as a place, and not followed.
 */
import type { OrganisationName } from '../../protocol/primitives/identifiers.js';
import type { FoundPlace, FoundRecord, RecordSearch } from '../index-ports.js';
import type { Trace, TraceQuery } from './search-cases.js';
import { placeKey, TraceGraph } from './trace-graph.js';
import {
  isTransformed,
  otherSide,
  readLinkingEvent,
  stepsOf,
  transformationSteps,
  type LinkingEvent,
} from './trace-steps.js';

/** Subjects that one question asks about. */
const SUBJECTS_AT_ONCE = 50;
/** Records that are in memory at once, and that one trace reads. */
const TOGETHER_BYTES_MAX = 4 * 1024 * 1024;
const TRACE_BYTES_MAX = 64 * 1024 * 1024;

interface ReadEvent {
  readonly found: FoundRecord;
  readonly event: LinkingEvent;
}

class TraceWalk {
  private readonly graph: TraceGraph;
  private bytes = 0;

  constructor(
    private readonly search: Pick<RecordSearch, 'findLinks' | 'findTransformation' | 'readRecords'>,
    private readonly query: TraceQuery,
    private readonly mayRead: (organisation: OrganisationName) => boolean,
  ) {
    this.graph = new TraceGraph(query.subject, query.limit);
  }

  async run(): Promise<Trace> {
    let level: readonly string[] = [this.query.subject];
    for (let depth = 0; depth < this.query.depth && level.length > 0; depth++) {
      const next = new Set<string>();
      for (let start = 0; start < level.length; start += SUBJECTS_AT_ONCE)
        await this.follow(level.slice(start, start + SUBJECTS_AT_ONCE), depth, next);
      level = [...next];
    }
    this.graph.leaveOpen(level, 'depth');
    return this.graph.finish();
  }

  private async follow(subjects: readonly string[], depth: number, next: Set<string>): Promise<void> {
    const { graph, query } = this;
    if (graph.room <= 0) {
      graph.leaveOpen(subjects, 'limit');
      return;
    }
    const most = graph.room + 1;
    const links = await this.search.findLinks(subjects, query.asOfHeight, most);
    // They come by subject, so the last one that is there and those after it have not been seen to their end.
    const last = links.length < most ? undefined : links.at(-1)?.subject;
    if (last !== undefined) graph.leaveOpen(subjects.slice(subjects.indexOf(last)), 'limit');
    for (const { height, transactionIndex, recordIndex, subject } of links.filter(
      (link) => !this.isReadable(link),
    ))
      graph.addWithheld({ height, transactionIndex, recordIndex, subject, withheld: true });
    const readable = links.filter((link) => this.isReadable(link));
    for (const group of inGroups(readable)) {
      const events = await this.read(group);
      for (const link of group) {
        const read = events.get(placeKey(link));
        if (read === undefined) graph.leaveOpen([link.subject], 'bytes');
        else await this.take(link.subject, depth, read, next);
      }
    }
  }

  private async take(subject: string, depth: number, read: ReadEvent, next: Set<string>): Promise<void> {
    const { graph, query } = this;
    for (const step of stepsOf(subject, graph.stanceOf(subject), query.direction, read.event))
      if (graph.addStep(subject, depth, step, [read])) next.add(step.from === subject ? step.to : step.from);
    const id = read.event.transformationId;
    if (id === undefined || !isTransformed(subject, query.direction, read.event)) return;
    for (const part of await this.otherParts(id, subject, read))
      for (const step of transformationSteps(
        subject,
        query.direction,
        otherSide(query.direction, part.event),
      ))
        if (graph.addStep(subject, depth, step, [read, part]))
          next.add(step.from === subject ? step.to : step.from);
  }

  /** The other records of a transformation that was recorded in parts. */
  private async otherParts(id: string, subject: string, read: ReadEvent): Promise<readonly ReadEvent[]> {
    const { graph, query } = this;
    const most = Math.max(0, graph.room) + 2;
    const places = await this.search.findTransformation(id, query.asOfHeight, most);
    if (places.length >= most) graph.leaveOpen([subject], 'limit');
    const others = places.filter((place) => placeKey(place) !== placeKey(read.found));
    for (const { height, transactionIndex, recordIndex } of others.filter((place) => !this.isReadable(place)))
      graph.addWithheld({ height, transactionIndex, recordIndex, subject, withheld: true });
    const parts: ReadEvent[] = [];
    for (const group of inGroups(others.filter((place) => this.isReadable(place)))) {
      const events = await this.read(group);
      if (events.size < group.length) graph.leaveOpen([subject], 'bytes');
      parts.push(...events.values());
    }
    return parts;
  }

  private isReadable({ organisation }: FoundPlace): boolean {
    return this.mayRead(organisation);
  }

  /** By place; without those for which the bytes of the trace are used up. */
  private async read(places: readonly FoundPlace[]): Promise<ReadonlyMap<string, ReadEvent>> {
    const byKey = new Map(places.map((place) => [placeKey(place), place]));
    const wanted = [...byKey.values()].filter(({ bytes }) => {
      if (this.bytes + bytes > TRACE_BYTES_MAX) return false;
      this.bytes += bytes;
      return true;
    });
    const records = await this.search.readRecords(wanted);
    return new Map(
      records.map((found) => [placeKey(found), { found, event: readLinkingEvent(found.record) }]),
    );
  }
}

/** In their order, each group within the bytes that are in memory at once, one record in any case. */
function inGroups<Place extends FoundPlace>(places: readonly Place[]): readonly (readonly Place[])[] {
  const groups: Place[][] = [];
  let bytes = Infinity;
  for (const place of places) {
    if (bytes + place.bytes > TOGETHER_BYTES_MAX) {
      groups.push([]);
      bytes = 0;
    }
    bytes += place.bytes;
    groups.at(-1)?.push(place);
  }
  return groups;
}

export function traceSubject(
  search: Pick<RecordSearch, 'findLinks' | 'findTransformation' | 'readRecords'>,
  query: TraceQuery,
  mayRead: (organisation: OrganisationName) => boolean,
): Promise<Trace> {
  return new TraceWalk(search, query, mayRead).run();
}
