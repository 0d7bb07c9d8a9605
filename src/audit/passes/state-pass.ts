/** The whole state in one snapshot of the database, against the state root that the head of that moment has. */
import { decodeResultRecord } from '../../protocol/ledger/result-record.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import { StateTree, type StateLeaf } from '../../protocol/state/state-tree.js';
import type { AuditContext } from '../audit-context.js';
import { findLeafFault, isInItsBucket, leafOf } from '../state-leaf-check.js';
import type { StateSnapshot } from '../stored-rows.js';

/** Resolves false when the audit is to stop. */
export async function auditState(context: AuditContext, snapshot: StateSnapshot): Promise<boolean> {
  const { findings, counts } = context;
  const tree = new StateTree();
  let bucket = -1;
  let leaves: StateLeaf[] = [];
  const load = (): void => {
    if (bucket >= 0) tree.loadBucket(bucket, leaves);
    leaves = [];
  };
  for await (const chunk of snapshot.leaves) {
    if (!(await context.pace(chunk.length))) return false;
    for (const row of chunk) {
      counts.stateEntries++;
      const fault = findLeafFault(row);
      if (fault !== undefined) findings.add(fault);
      if (!isInItsBucket(row)) continue;
      if (row.bucket !== bucket) load();
      bucket = row.bucket;
      leaves.push(leafOf(row));
    }
    context.reached({ pass: 'state' }, bucket, tree.bucketCount);
  }
  load();
  tree.finishLoading();
  const { height, resultRecord } = snapshot;
  const record = decodeResultRecord(resultRecord);
  const root = bytesToHex(tree.root());
  if (record.ok && root === record.value.stateRoot) return true;
  findings.add({
    table: 'state',
    row: { rows: 'all' },
    heights: [height],
    problem: `the rows together do not give the state root of block ${height}: one was changed, removed or added`,
    expected: record.ok ? record.value.stateRoot : 'a result record that can be read',
    found: root,
  });
  return true;
}
