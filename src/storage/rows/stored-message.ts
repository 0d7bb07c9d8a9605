/** A protobuf message in a column, read as strictly as from a peer: what cannot be read was damaged. */
import type { Result } from '../../protocol/primitives/rejection.js';
import { corrupt } from './corrupt.js';

/** `what` names the message in the error. Throws LedgerError DATABASE_CORRUPT. */
export function readStoredMessage<Value>(what: string, read: () => Result<Value>): Value {
  let result: Result<Value>;
  try {
    result = read();
  } catch (cause) {
    throw corrupt(`a ${what} is no protobuf message`, cause);
  }
  if (!result.ok) throw corrupt(`a ${what}: ${result.rejection.message}`);
  return result.value;
}
