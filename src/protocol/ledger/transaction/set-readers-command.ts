/** The command of an admin that says who reads the records of the admin's organisation, and its protobuf form. */
import type { SetReaders } from '../../encoding/generated/countersign/v1/transaction_pb.js';
import { compareStrings } from '../../primitives/bytes.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import { EVERYONE, isReader, READERS_MAX } from '../identity.js';

export interface SetReadersCommand {
  readonly type: 'setReaders';
  /** Ascending by bytes, each once; EVERYONE stands alone. Empty: only the organisation itself. */
  readonly readers: readonly string[];
}

function malformed(field: string, message: string) {
  return reject('TRANSACTION_MALFORMED', message, field);
}

/** Refusal: TRANSACTION_MALFORMED with the field. */
export function messageToSetReaders({ readers }: SetReaders): Result<SetReadersCommand> {
  const field = 'set_readers.readers';
  if (readers.length > READERS_MAX)
    return malformed(field, `${readers.length} readers are named, ${READERS_MAX} may be`);
  if (readers.includes(EVERYONE) && readers.length > 1)
    return malformed(field, `"${EVERYONE}" is everyone and stands alone`);
  for (const [index, reader] of readers.entries()) {
    const at = `${field}[${index}]`;
    if (!isReader(reader))
      return malformed(at, `a reader is "${EVERYONE}", an organisation, or organisation/name`);
    const before = readers[index - 1];
    if (before !== undefined && compareStrings(before, reader) >= 0)
      return malformed(at, 'readers must ascend, each once');
  }
  return accept({ type: 'setReaders', readers });
}
