/** The last step of every execution: the result record becomes the next leaf of the result log (RES-2). */
import { appendLeaf, frontierRoot, type MerkleFrontier } from '../crypto/merkle/merkle-frontier.js';
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import { encodeResultRecord, type ResultRecord } from '../ledger/result-record.js';
import { bytesToHex } from '../primitives/bytes.js';
import type { Digest } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import type { CertifiedResult } from './executed-block.js';

/** Record i is leaf i: the log of the records before must have exactly `record.height` leaves. */
export function appendResult(
  record: ResultRecord,
  log: MerkleFrontier,
): Omit<CertifiedResult, 'writes' | 'stateRoot'> {
  invariant(
    log.size === record.height,
    `result ${record.height} does not follow a log of ${log.size} records`,
  );
  const resultRecordBytes = encodeResultRecord(record);
  const { frontier, completed } = appendLeaf(log, leafHash(resultRecordBytes));
  return {
    resultRecord: record,
    resultRecordBytes,
    logNodes: completed,
    resultLog: frontier,
    logRoot: bytesToHex(frontierRoot(frontier)) as Digest,
  };
}
