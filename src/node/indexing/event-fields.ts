/**
 * What an EPCIS event says, as far as it is searched and traced (GS1 EPCIS 2.0, section 7.4). The ledger has checked the structure
 * that REC-3 and REC-4 ask for; everything else may be missing or be of another form, and then simply is not there.
 */
import { MENTION_ROLE, type EventFields } from '../index-ports.js';
import { timeToMs } from './time-to-ms.js';

/** Closed, as the types of events are that the ledger takes: what it holds besides may be any text. */
const ACTIONS: readonly unknown[] = ['ADD', 'OBSERVE', 'DELETE'];

type JsonObject = Readonly<Record<string, unknown>>;

/** Member → the role of what it names, and the member of its elements that has the name where they are objects. */
const MENTIONS: readonly (readonly [string, number, string?])[] = [
  ['epcList', MENTION_ROLE.item],
  ['quantityList', MENTION_ROLE.item, 'epcClass'],
  ['parentID', MENTION_ROLE.parent],
  ['childEPCs', MENTION_ROLE.child],
  ['childQuantityList', MENTION_ROLE.child, 'epcClass'],
  ['inputEPCList', MENTION_ROLE.input],
  ['inputQuantityList', MENTION_ROLE.input, 'epcClass'],
  ['outputEPCList', MENTION_ROLE.output],
  ['outputQuantityList', MENTION_ROLE.output, 'epcClass'],
  ['bizTransactionList', MENTION_ROLE.bizTransaction, 'bizTransaction'],
];

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A place is an object with an id. */
function placeOf(value: unknown): string | undefined {
  return isObject(value) ? textOf(value.id) : undefined;
}

/** The exact bytes of a record that the ledger has taken as JSON. */
export function parseRecord(record: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(record));
  return isObject(value) ? value : {};
}

export function eventFields(event: JsonObject): EventFields {
  const eventTime = textOf(event.eventTime);
  return {
    eventType: textOf(event.type),
    action: ACTIONS.includes(event.action) ? textOf(event.action) : undefined,
    bizStep: textOf(event.bizStep),
    disposition: textOf(event.disposition),
    readPoint: placeOf(event.readPoint),
    bizLocation: placeOf(event.bizLocation),
    eventId: textOf(event.eventID),
    transformationId: textOf(event.transformationID),
    eventTimeMs: eventTime === undefined ? undefined : timeToMs(eventTime),
  };
}

/** Names at one member: a text, a list of texts, or of objects that have it. */
function namesAt(value: unknown, within: string | undefined): readonly string[] {
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  return elements.flatMap((element) => {
    const name = textOf(within !== undefined && isObject(element) ? element[within] : element);
    return name === undefined ? [] : [name];
  });
}

/** Each subject once, in the order of the roles, with the bits of all that it has (MENTION_ROLE). */
export function eventMentions(event: JsonObject): ReadonlyMap<string, number> {
  const mentions = new Map<string, number>();
  for (const [member, role, within] of MENTIONS)
    for (const name of namesAt(event[member], within)) mentions.set(name, (mentions.get(name) ?? 0) | role);
  return mentions;
}
