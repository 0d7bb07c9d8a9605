/** Records each event of an EPCIS 2.0 JSON document: its exact slice is the record, the envelope is kept once. */
import { parseStrictJson } from '../../ledger/json/parse-strict-json.js';
import type { CaptureEpcisDocumentCommand } from '../../ledger/transaction.js';
import type { Rejection } from '../../primitives/rejection.js';
import { EVENT_LIST_POINTER, epcisEvent, epcisEventList } from '../epcis/epcis-document.js';
import { walkEpcisSubjects } from '../epcis/epcis-subjects.js';
import type { StateKey } from '../../state/state-key.js';
import type { RecordPlan } from '../record-plan.js';

/** Fills the plan. Refusals: JSON_*, EPCIS_DOCUMENT_INVALID, RECORDS_TOO_MANY, SUBJECT_INVALID, SUBJECTS_TOO_MANY. */
export function planCaptureEpcisDocument(
  command: CaptureEpcisDocumentCommand,
  plan: RecordPlan,
): Rejection | undefined {
  const document = parseStrictJson(command.document);
  if (!document.ok) return document.rejection;
  const events = epcisEventList(document.value);
  if (!events.ok) return events.rejection;
  const tooMany = plan.checkRecordCount(events.value.length, EVENT_LIST_POINTER);
  if (tooMany !== undefined) return tooMany;
  for (const [index, value] of events.value.entries()) {
    const pointer = `${EVENT_LIST_POINTER}/${index}`;
    const event = epcisEvent(value, pointer);
    if (!event.ok) return event.rejection;
    const subjects = new Set<StateKey>();
    const refusal = walkEpcisSubjects(event.value, pointer, (name, at) =>
      plan.addSubject(subjects, name, at),
    );
    if (refusal !== undefined) return refusal;
    const overflow = plan.addRecord(command.document, event.value, subjects, pointer);
    if (overflow !== undefined) return overflow;
  }
  return undefined;
}
