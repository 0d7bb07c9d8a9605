/**
 * Collects the records and subjects that a command declares, within the limits of one transaction. Subjects are
 * compared as decoded strings, never normalised: a URN and a Digital Link of one item are two subjects.
 */
import { sha256 } from '../crypto/sha256.js';
import { STATE_WRITES_BESIDE_SUBJECTS, type GenesisParameters } from '../ledger/genesis-parameters.js';
import type { JsonString } from '../ledger/json/json-value.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import { invariant } from '../primitives/invariant.js';
import { reject, type Rejection } from '../primitives/rejection.js';
import { stateKey, type StateKey } from '../state/state-key.js';

export type RecordLimits = Pick<
  GenesisParameters,
  'subjectsPerTransactionMax' | 'subjectBytesMax' | 'recordsPerTransactionMax' | 'stateWritesPerBlockMax'
>;

export interface PlannedRecord {
  /** SHA-256 of the record's bytes, without a tag: what `sha256sum` says of the record (REC-7). */
  readonly digest: Uint8Array;
  /** The record's bytes are body[start, end) of the transaction's body. */
  readonly start: number;
  readonly end: number;
  /** State keys subject/<subject>, each once, in the order of first mention. Keys only: a text would keep its document. */
  readonly subjects: readonly StateKey[];
}

/** C0 controls and DEL: no identifier holds them, and not every place that shows or stores text can. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

export class RecordPlan {
  readonly records: PlannedRecord[] = [];
  private readonly known = new Map<string, StateKey>();
  private mentions = 0;

  constructor(
    private readonly body: Uint8Array,
    private readonly limits: RecordLimits,
  ) {}

  /** State keys of the different subjects of the transaction. */
  get subjects(): readonly StateKey[] {
    return [...this.known.values()];
  }

  /** One row of history for each subject of each record, and one for the idempotency key. */
  get stateWrites(): number {
    return this.mentions + STATE_WRITES_BESIDE_SUBJECTS;
  }

  /** RECORDS_TOO_MANY when `count` records do not fit one transaction. */
  checkRecordCount(count: number, field: string): Rejection | undefined {
    const { recordsPerTransactionMax } = this.limits;
    if (count <= recordsPerTransactionMax) return undefined;
    const message = `${count} records in one transaction, the limit is ${recordsPerTransactionMax}; split it`;
    return reject('RECORDS_TOO_MANY', message, field).rejection;
  }

  /** Adds a subject to those of one record. Refusals: SUBJECT_INVALID, SUBJECTS_TOO_MANY. */
  addSubject(subjects: Set<StateKey>, name: JsonString, field: string): Rejection | undefined {
    const subject = name.value;
    const known = this.known.get(subject);
    if (known !== undefined) {
      subjects.add(known);
      return undefined;
    }
    const { subjectBytesMax, subjectsPerTransactionMax } = this.limits;
    if (subject === '') return reject('SUBJECT_INVALID', 'a subject is the empty string', field).rejection;
    if (CONTROL_CHARACTER.test(subject)) {
      return reject('SUBJECT_INVALID', 'a subject holds a control character', field).rejection;
    }
    // A code unit takes 1 to 3 bytes of UTF-8, so most subjects need no count.
    if (3 * subject.length > subjectBytesMax) {
      const length = utf8ToBytes(subject).length;
      if (length > subjectBytesMax) {
        const message = `a subject has ${length} bytes of UTF-8, the limit is ${subjectBytesMax}`;
        return reject('SUBJECT_INVALID', message, field).rejection;
      }
    }
    if (this.known.size >= subjectsPerTransactionMax) {
      const message = `more than ${subjectsPerTransactionMax} different subjects in one transaction; split it`;
      return reject('SUBJECTS_TOO_MANY', message, field).rejection;
    }
    const key = stateKey('subject', subject);
    this.known.set(subject, key);
    subjects.add(key);
    return undefined;
  }

  /** The record is content[start, end); `content` is a view of the transaction's body. Refusal: SUBJECTS_TOO_MANY. */
  addRecord(
    content: Uint8Array,
    { start, end }: { readonly start: number; readonly end: number },
    subjects: ReadonlySet<StateKey>,
    field: string,
  ): Rejection | undefined {
    invariant(content.buffer === this.body.buffer, 'a record is not a slice of its transaction body');
    this.mentions += subjects.size;
    const { stateWritesPerBlockMax } = this.limits;
    if (this.stateWrites > stateWritesPerBlockMax) {
      const message = `the records name subjects more than ${stateWritesPerBlockMax - STATE_WRITES_BESIDE_SUBJECTS} times; split the transaction`;
      return reject('SUBJECTS_TOO_MANY', message, field).rejection;
    }
    const offset = content.byteOffset - this.body.byteOffset;
    const digest = sha256(content.subarray(start, end));
    this.records.push({ digest, start: offset + start, end: offset + end, subjects: [...subjects] });
    return undefined;
  }
}
