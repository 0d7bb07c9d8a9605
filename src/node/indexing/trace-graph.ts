/** What a trace has found so far: nodes, edges and events, each once, within the bound of edges. */
import { bytesToHex, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { sha256 } from '../../protocol/crypto/sha256.js';
import type { FoundRecord, RecordPlace } from '../index-ports.js';
import type { Trace, TraceEdge, TraceEvent, WithheldLink } from './search-cases.js';
import type { LinkingEvent, Stance, TraceStep } from './trace-steps.js';

interface GraphNode {
  readonly depth: number;
  /** How it was followed, or is to be; `undefined`: it was only shown. */
  stance: Stance | undefined;
  open: boolean;
}

export function placeKey({ height, transactionIndex, recordIndex }: RecordPlace): string {
  return `${height}.${transactionIndex}.${recordIndex}`;
}

/** Names have no character that could stand between two of them. */
function edgeKey({ kind, from, to, events }: TraceEdge): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([kind, from, to, events]))));
}

export class TraceGraph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly edges = new Map<string, TraceEdge>();
  private readonly events: TraceEvent[] = [];
  private readonly eventPositions = new Map<string, number>();
  private readonly withheld = new Map<string, WithheldLink>();
  private truncated: Trace['truncated'];

  constructor(
    subject: string,
    private readonly limit: number,
  ) {
    this.nodes.set(subject, { depth: 0, stance: 'whole', open: false });
  }

  /** Edges that there is room for. */
  get room(): number {
    return this.limit - this.edges.size - this.withheld.size;
  }

  stanceOf(subject: string): Stance {
    return this.nodes.get(subject)?.stance ?? 'whole';
  }

  /** Takes the step and what proves it; tells whether its other end is to be followed now. Without room the near end stays open. */
  addStep(
    subject: string,
    depth: number,
    { kind, from, to, follow }: TraceStep,
    proofs: readonly { readonly found: FoundRecord; readonly event: LinkingEvent }[],
  ): boolean {
    const known = proofs.map(({ found }) => this.eventPositions.get(placeKey(found)));
    const isNew =
      known.includes(undefined) ||
      !this.edges.has(edgeKey({ kind, from, to, events: known.filter((at) => at !== undefined) }));
    if (isNew) {
      if (this.room <= 0) {
        this.leaveOpen([subject], 'limit');
        return false;
      }
      const edge: TraceEdge = { kind, from, to, events: proofs.map((proof) => this.addEvent(proof)) };
      this.edges.set(edgeKey(edge), edge);
    }
    return this.reach(from === subject ? to : from, depth + 1, follow);
  }

  addWithheld(link: WithheldLink): void {
    const key = `${placeKey(link)} ${link.subject}`;
    if (this.withheld.has(key)) return;
    if (this.room <= 0) this.leaveOpen([link.subject], 'limit');
    else this.withheld.set(key, link);
  }

  leaveOpen(subjects: readonly string[], reason: NonNullable<Trace['truncated']>): void {
    for (const subject of subjects) {
      const node = this.nodes.get(subject);
      if (node !== undefined) node.open = true;
    }
    if (subjects.length > 0) this.truncated ??= reason;
  }

  finish(): Trace {
    const nodes = [...this.nodes].map(([subject, { depth, open }]) => ({ subject, depth, open }));
    return {
      nodes,
      edges: [...this.edges.values()],
      events: this.events,
      withheld: [...this.withheld.values()],
      truncated: this.truncated,
    };
  }

  /** A node that was followed as a container, and is reached as a whole, is followed once more. */
  private reach(subject: string, depth: number, follow: Stance | undefined): boolean {
    const node = this.nodes.get(subject);
    if (node === undefined) {
      this.nodes.set(subject, { depth, stance: follow, open: false });
      return follow !== undefined;
    }
    if (follow === undefined || node.stance === 'whole' || node.stance === follow) return false;
    node.stance = follow;
    return true;
  }

  private addEvent({ found, event }: { readonly found: FoundRecord; readonly event: LinkingEvent }): number {
    const key = placeKey(found);
    const known = this.eventPositions.get(key);
    if (known !== undefined) return known;
    const { record: _record, ...place } = found;
    const { eventType, action, bizStep, eventTime } = event;
    const position = this.events.push({ ...place, eventType, action, bizStep, eventTime }) - 1;
    this.eventPositions.set(key, position);
    return position;
  }
}
