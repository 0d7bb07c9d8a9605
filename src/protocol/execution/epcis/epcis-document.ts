/**
 * The structure of an EPCIS 2.0 JSON document as far as the ledger needs it: where its events are and what type each
 * is (GS1 EPCIS 2.0, section 10). The rules of the standard beyond that belong to the /epcis edge.
 */
import { jsonMember, type JsonObject, type JsonValue } from '../../ledger/json/json-value.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';

const EVENT_TYPES: readonly string[] = [
  'ObjectEvent',
  'AggregationEvent',
  'TransactionEvent',
  'TransformationEvent',
  'AssociationEvent',
];

const SCHEMA_VERSION = /^2\.[0-9]{1,3}(?:\.[0-9]{1,3})?$/;

export const EVENT_LIST_POINTER = '/epcisBody/eventList';

function invalid(what: string, pointer: string) {
  return reject('EPCIS_DOCUMENT_INVALID', `${pointer === '' ? 'the document' : pointer} ${what}`, pointer);
}

function textAt(object: JsonObject, key: string): string | undefined {
  const value = jsonMember(object, key);
  return value?.type === 'string' ? value.value : undefined;
}

/** The elements of the event list, one or more; whether each is an event says `epcisEvent`. */
export function epcisEventList(document: JsonValue): Result<readonly JsonValue[]> {
  if (document.type !== 'object') return invalid('must be a JSON object', '');
  if (textAt(document, 'type') !== 'EPCISDocument') return invalid('must be "EPCISDocument"', '/type');
  if (!SCHEMA_VERSION.test(textAt(document, 'schemaVersion') ?? '')) {
    return invalid('must be a version 2 of EPCIS, such as "2.0"', '/schemaVersion');
  }
  const body = jsonMember(document, 'epcisBody');
  if (body?.type !== 'object') return invalid('must be an object', '/epcisBody');
  const events = jsonMember(body, 'eventList');
  if (events?.type !== 'array' || events.value.length === 0) {
    return invalid('must be a list of one event or more', EVENT_LIST_POINTER);
  }
  return accept(events.value);
}

/** The event, when the value is an object of one of the five types. */
export function epcisEvent(value: JsonValue, pointer: string): Result<JsonObject> {
  if (value.type !== 'object') return invalid('must be an event object', pointer);
  if (!EVENT_TYPES.includes(textAt(value, 'type') ?? '')) {
    return invalid(`must be one of ${EVENT_TYPES.join(', ')}`, `${pointer}/type`);
  }
  return accept(value);
}
