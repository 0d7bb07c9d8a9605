/**
 * Where one event leads from one subject. Things flow from inputs to outputs, from children into their parent, and out of it again
 * when they are taken apart. A container that was reached from one of its contents is followed as a container only: what else lay
 * in it has not touched the subject.
 */
import { MENTION_ROLE, type EventFields } from '../index-ports.js';
import { eventFields, eventMentions, parseRecord } from './event-fields.js';
import type { EdgeKind, TraceDirection } from './search-cases.js';

/** How a subject is followed. */
export type Stance = 'whole' | 'container';

export interface TraceStep {
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
  /** How the other end is followed; `undefined`: it is shown and not followed. */
  readonly follow: Stance | undefined;
}

export interface LinkingEvent extends EventFields {
  readonly eventTime: string | undefined;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export function readLinkingEvent(record: Uint8Array): LinkingEvent {
  const event = parseRecord(record);
  const mentions = [...eventMentions(event)];
  const withRole = (role: number): readonly string[] =>
    mentions.flatMap(([subject, roles]) => ((roles & role) === 0 ? [] : [subject]));
  return {
    ...eventFields(event),
    eventTime: typeof event.eventTime === 'string' ? event.eventTime : undefined,
    parents: withRole(MENTION_ROLE.parent),
    children: withRole(MENTION_ROLE.child),
    inputs: withRole(MENTION_ROLE.input),
    outputs: withRole(MENTION_ROLE.output),
  };
}

const CONTAINMENT: ReadonlyMap<string, { readonly together: EdgeKind; readonly apart: EdgeKind }> = new Map([
  ['AggregationEvent', { together: 'aggregation', apart: 'disaggregation' }],
  ['AssociationEvent', { together: 'association', apart: 'dissociation' }],
]);

function containmentSteps(
  subject: string,
  stance: Stance,
  direction: TraceDirection,
  event: LinkingEvent,
): readonly TraceStep[] {
  const kinds = CONTAINMENT.get(event.eventType ?? '');
  if (kinds === undefined) return [];
  const isApart = event.action === 'DELETE';
  const kind = isApart ? kinds.apart : kinds.together;
  const steps: TraceStep[] = [];
  const add = (other: string, otherIsParent: boolean, follow: Stance | undefined): void => {
    const isFromOther = otherIsParent === isApart;
    steps.push(
      isFromOther ? { kind, from: other, to: subject, follow } : { kind, from: subject, to: other, follow },
    );
  };
  /** Into the container lies ahead, out of it lies behind. */
  const leadsToParent = (direction === 'forward') !== isApart;
  if (event.children.includes(subject))
    for (const parent of event.parents) {
      // That it left its container is shown on the way forward too, so that a stay has an end.
      if (leadsToParent) add(parent, true, 'container');
      else if (isApart) add(parent, true, undefined);
    }
  if (stance === 'whole' && !leadsToParent && event.parents.includes(subject))
    for (const child of event.children) add(child, false, 'whole');
  return steps;
}

/** `outputs` or `inputs` of the other records of the same transformation have no part in this. */
export function transformationSteps(
  subject: string,
  direction: TraceDirection,
  others: readonly string[],
): readonly TraceStep[] {
  return others.map((other) => ({
    kind: 'transformation',
    from: direction === 'forward' ? subject : other,
    to: direction === 'forward' ? other : subject,
    follow: 'whole',
  }));
}

/** Whether the event takes the subject in, or gives it out, in the direction of the trace. */
export function isTransformed(subject: string, direction: TraceDirection, event: LinkingEvent): boolean {
  if (event.eventType !== 'TransformationEvent') return false;
  return (direction === 'forward' ? event.inputs : event.outputs).includes(subject);
}

/** The other side of a transformation. */
export function otherSide(direction: TraceDirection, event: LinkingEvent): readonly string[] {
  return direction === 'forward' ? event.outputs : event.inputs;
}

export function stepsOf(
  subject: string,
  stance: Stance,
  direction: TraceDirection,
  event: LinkingEvent,
): readonly TraceStep[] {
  const steps = containmentSteps(subject, stance, direction, event);
  return isTransformed(subject, direction, event)
    ? [...steps, ...transformationSteps(subject, direction, otherSide(direction, event))]
    : steps;
}
