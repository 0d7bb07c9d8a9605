/**
 * The state table against the state tree of this node, a few buckets at a time. The tree holds what execution gave and what was
 * countersigned, so a bucket that differs was changed behind the node's back. What differs is read a second time before it counts.
 */
import type { AuditContext } from '../../audit/audit-context.js';
import type { Finding } from '../../audit/finding.js';
import { findLeafFault, isInItsBucket, leafOf } from '../../audit/state-leaf-check.js';
import type { StoredLeaf, StoredRows } from '../../audit/stored-rows.js';
import { bytesEqual, bytesToHex } from '../../protocol/primitives/bytes.js';
import { subtreeHash } from '../../protocol/state/state-hash.js';
import type { StateLeaf, StateTree } from '../../protocol/state/state-tree.js';
import type { TreeWatch } from './tree-watch.js';

/** Rows that one read aims at; the number of buckets follows from how full they are. */
const ROWS_PER_READ = 200;
const BUCKETS_PER_READ_MAX = 4_096;
/** How often a read whose blocks were too many is made again before its buckets are left for the next pass. */
const ATTEMPTS = 3;
const KEYS_NAMED_MAX = 16;

export class StateScrub {
  constructor(
    private readonly tree: StateTree,
    private readonly watch: TreeWatch,
  ) {}

  /** Resolves false when the audit is to stop. */
  async audit(context: AuditContext): Promise<boolean> {
    const { bucketCount } = this.tree;
    let width = BUCKETS_PER_READ_MAX;
    for (let from = 0; from < bucketCount;) {
      const to = Math.min(bucketCount, from + width);
      const found = await this.look(context.rows, from, to);
      const rows = found?.rows ?? 0;
      context.counts.stateEntries += rows;
      for (const bucket of found?.suspects ?? []) {
        for (const finding of await this.lookAgain(context.rows, bucket)) context.findings.add(finding);
      }
      if (!(await context.pace(Math.max(1, rows)))) return false;
      context.reached({ pass: 'state' }, to, bucketCount);
      from = to;
      const wanted = rows === 0 ? 2 * width : Math.round((width * ROWS_PER_READ) / rows);
      width = Math.max(1, Math.min(BUCKETS_PER_READ_MAX, wanted));
    }
    return true;
  }

  /** Buckets of [from, to) in which something is wrong; `undefined` when it could not be told. */
  private async look(
    rows: Pick<StoredRows, 'readBuckets'>,
    from: number,
    to: number,
  ): Promise<{ readonly rows: number; readonly suspects: readonly number[] } | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const read = this.watch.open();
      try {
        const { asOfHeight, leaves } = await rows.readBuckets(
          from,
          to === this.tree.bucketCount ? undefined : to,
        );
        const carried = read.carryOn(asOfHeight, { from, to }, leavesByBucket(leaves));
        if (carried === undefined) continue;
        // From here to the comparison nothing is awaited: the tree is that of the moment.
        const suspects = new Set<number>();
        for (let bucket = from; bucket < to; bucket++)
          if (!this.isInTree(bucket, carried.get(bucket))) suspects.add(bucket);
        for (const leaf of leaves) if (findLeafFault(leaf) !== undefined) suspects.add(leaf.bucket);
        return { rows: leaves.length, suspects: [...suspects] };
      } finally {
        read.close();
      }
    }
    return undefined;
  }

  private async lookAgain(
    rows: Pick<StoredRows, 'readBuckets'>,
    bucket: number,
  ): Promise<readonly Finding[]> {
    const to = bucket >= this.tree.bucketCount ? undefined : bucket + 1;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const read = this.watch.open();
      try {
        const { asOfHeight, leaves } = await rows.readBuckets(bucket, to);
        const faults = leaves.flatMap((leaf) => findLeafFault(leaf) ?? []);
        if (to === undefined || faults.length > 0)
          return faults.map((fault) => ({ ...fault, heights: [asOfHeight] }));
        const carried = read.carryOn(asOfHeight, { from: bucket, to }, leavesByBucket(leaves));
        if (carried === undefined) continue;
        const now = carried.get(bucket) ?? [];
        return this.isInTree(bucket, now) ? [] : [this.describe(bucket, leaves, now, asOfHeight)];
      } finally {
        read.close();
      }
    }
    return [];
  }

  private isInTree(bucket: number, leaves: readonly StateLeaf[] = []): boolean {
    const node = this.tree.bucketCount + bucket;
    // Most buckets of a small ledger are empty.
    if (leaves.length === 0) return this.tree.occupancyOf(node) === 0;
    return bytesEqual(this.hashOf(leaves), this.tree.nodeHash(node));
  }

  private hashOf(leaves: readonly StateLeaf[]): Uint8Array {
    return subtreeHash(leaves, 0, leaves.length, this.tree.bucketBits);
  }

  private describe(
    bucket: number,
    stored: readonly StoredLeaf[],
    now: readonly StateLeaf[],
    height: number,
  ): Finding {
    const digests = stored.slice(0, KEYS_NAMED_MAX).map(({ keyDigest }) => bytesToHex(keyDigest));
    return {
      table: 'state',
      row: { bucket, key_digest: digests.length === 0 ? 'no row' : digests.join(' ') },
      heights: [height],
      problem: 'the rows of a bucket are not those that execution gave: one was changed, removed or added',
      expected: bytesToHex(this.tree.nodeHash(this.tree.bucketCount + bucket)),
      found: bytesToHex(this.hashOf(now)),
    };
  }
}

/** Of those that are not empty; rows in a bucket that is not their own do not count. */
function leavesByBucket(leaves: readonly StoredLeaf[]): ReadonlyMap<number, readonly StateLeaf[]> {
  const buckets = new Map<number, StateLeaf[]>();
  for (const leaf of leaves) {
    if (!isInItsBucket(leaf)) continue;
    const others = buckets.get(leaf.bucket);
    if (others === undefined) buckets.set(leaf.bucket, [leafOf(leaf)]);
    else others.push(leafOf(leaf));
  }
  return buckets;
}
