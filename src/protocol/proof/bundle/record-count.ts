/** How many records a transaction has brought to the ledger: its documents, or the events of its EPCIS document. */
import { jsonMember } from '../../ledger/json/json-value.js';
import { parseStrictJson } from '../../ledger/json/parse-strict-json.js';
import type { Outcome } from '../../ledger/outcome.js';
import type { Command } from '../../ledger/transaction.js';

/** The content of what was executed with OK follows the rules of REC-2 and REC-3; of anything else nothing is counted. */
export function recordCountOf(command: Command, { code }: Pick<Outcome, 'code'>): number {
  if (code !== 'OK') return 0;
  if (command.type === 'recordDocuments') return command.documents.length;
  if (command.type !== 'captureEpcisDocument') return 0;
  const document = parseStrictJson(command.document);
  if (!document.ok || document.value.type !== 'object') return 0;
  const body = jsonMember(document.value, 'epcisBody');
  const events = body?.type === 'object' ? jsonMember(body, 'eventList') : undefined;
  return events?.type === 'array' ? events.value.length : 0;
}
