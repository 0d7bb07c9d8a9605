/** Records JSON documents of any kind: the whole content is the record, declared pointers name its subjects. */
import { parseJsonPointer, resolveJsonPointer } from '../../ledger/json/json-pointer.js';
import type { JsonString, JsonValue } from '../../ledger/json/json-value.js';
import { parseStrictJson } from '../../ledger/json/parse-strict-json.js';
import type { DocumentToRecord, RecordDocumentsCommand } from '../../ledger/transaction.js';
import { accept, reject, type Rejection, type Result } from '../../primitives/rejection.js';
import type { StateKey } from '../../state/state-key.js';
import type { RecordPlan } from '../record-plan.js';

/** A pointer is looked up in time that grows with the document, so their number has a bound of its own. */
const POINTERS_PER_DOCUMENT_MAX = 64;

/** The string, or list of strings, at a declared pointer. */
function stringsAt(tree: JsonValue, text: string, field: string): Result<readonly JsonString[]> {
  const invalid = (what: string) => reject('POINTER_INVALID', `subject pointer "${text}" ${what}`, field);
  const pointer = parseJsonPointer(text);
  if (pointer === undefined) return invalid('is not a JSON pointer (RFC 6901)');
  const value = resolveJsonPointer(tree, pointer);
  if (value === undefined) return invalid('points at nothing in the document');
  if (value.type === 'string') return accept([value]);
  if (value.type !== 'array') return invalid('must point at a string or a list of strings');
  const strings: JsonString[] = [];
  for (const element of value.value) {
    if (element.type !== 'string') return invalid('points at a list that holds something else than strings');
    strings.push(element);
  }
  return accept(strings);
}

function planDocument(document: DocumentToRecord, field: string, plan: RecordPlan): Rejection | undefined {
  const tree = parseStrictJson(document.content);
  if (!tree.ok) {
    const { code, message, field: pointer } = tree.rejection;
    return reject(code, `${field}: ${message}`, `${field}/content${pointer ?? ''}`).rejection;
  }
  const pointerCount = document.subjectPointers.length;
  if (pointerCount > POINTERS_PER_DOCUMENT_MAX) {
    const message = `${pointerCount} subject pointers in one document, the limit is ${POINTERS_PER_DOCUMENT_MAX}; point at a list`;
    return reject('POINTER_INVALID', message, `${field}/subjectPointers`).rejection;
  }
  const subjects = new Set<StateKey>();
  for (const [index, text] of document.subjectPointers.entries()) {
    const at = `${field}/subjectPointers/${index}`;
    const strings = stringsAt(tree.value, text, at);
    if (!strings.ok) return strings.rejection;
    for (const name of strings.value) {
      const refusal = plan.addSubject(subjects, name, at);
      if (refusal !== undefined) return refusal;
    }
  }
  return plan.addRecord(document.content, { start: 0, end: document.content.length }, subjects, field);
}

/** Fills the plan. Refusals: JSON_*, POINTER_INVALID, RECORDS_TOO_MANY, SUBJECT_INVALID, SUBJECTS_TOO_MANY. */
export function planRecordDocuments(
  command: RecordDocumentsCommand,
  plan: RecordPlan,
): Rejection | undefined {
  const tooMany = plan.checkRecordCount(command.documents.length, '/documents');
  if (tooMany !== undefined) return tooMany;
  for (const [index, document] of command.documents.entries()) {
    const refusal = planDocument(document, `/documents/${index}`, plan);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
