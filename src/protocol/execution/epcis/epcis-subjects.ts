/**
 * The subjects of an EPCIS event: every EPC, EPC class and business transaction that it names, wherever its type
 * allows them (GS1 EPCIS 2.0, section 7.4). Decoded strings as they stand, nothing normalised (REC-6).
 */
import {
  jsonMember,
  type JsonObject,
  type JsonString,
  type JsonValue,
} from '../../ledger/json/json-value.js';
import { reject, type Rejection } from '../../primitives/rejection.js';

/** Takes one subject and the JSON pointer it stands at; a refusal ends the walk. */
export type SubjectSink = (name: JsonString, pointer: string) => Rejection | undefined;

type FieldShape = 'string' | 'strings' | { readonly objectsWith: string };

const SUBJECT_FIELDS: ReadonlyMap<string, FieldShape> = new Map<string, FieldShape>([
  ['epcList', 'strings'],
  ['childEPCs', 'strings'],
  ['inputEPCList', 'strings'],
  ['outputEPCList', 'strings'],
  ['parentID', 'string'],
  ['quantityList', { objectsWith: 'epcClass' }],
  ['childQuantityList', { objectsWith: 'epcClass' }],
  ['inputQuantityList', { objectsWith: 'epcClass' }],
  ['outputQuantityList', { objectsWith: 'epcClass' }],
  ['bizTransactionList', { objectsWith: 'bizTransaction' }],
]);

function invalid(what: string, pointer: string): Rejection {
  return reject('EPCIS_DOCUMENT_INVALID', `${pointer} ${what}`, pointer).rejection;
}

function takeString(value: JsonValue | undefined, pointer: string, sink: SubjectSink): Rejection | undefined {
  return value?.type === 'string' ? sink(value, pointer) : invalid('must be a string', pointer);
}

function takeElement(
  element: JsonValue,
  shape: Exclude<FieldShape, 'string'>,
  pointer: string,
  sink: SubjectSink,
): Rejection | undefined {
  if (shape === 'strings') return takeString(element, pointer, sink);
  if (element.type !== 'object') return invalid('must be an object', pointer);
  return takeString(jsonMember(element, shape.objectsWith), `${pointer}/${shape.objectsWith}`, sink);
}

/** Hands every subject of the event to the sink, in the order of the document; a subject may come more than once. */
export function walkEpcisSubjects(
  event: JsonObject,
  pointer: string,
  sink: SubjectSink,
): Rejection | undefined {
  for (const { key, value } of event.value) {
    const shape = SUBJECT_FIELDS.get(key);
    if (shape === undefined) continue;
    const fieldPointer = `${pointer}/${key}`;
    if (shape === 'string') {
      const refusal = takeString(value, fieldPointer, sink);
      if (refusal !== undefined) return refusal;
      continue;
    }
    if (value.type !== 'array') return invalid('must be a list', fieldPointer);
    for (let index = 0; index < value.value.length; index++) {
      const element = value.value[index];
      if (element === undefined) break;
      const refusal = takeElement(element, shape, `${fieldPointer}/${index}`, sink);
      if (refusal !== undefined) return refusal;
    }
  }
  return undefined;
}
