/** A state tree as proofs see it: the one at the head, or one of a few blocks before. */
export interface StateTreeView {
  readonly bucketCount: number;
  /** Hash of a node of the top levels; a view that the next block may change. */
  nodeHash(node: number): Uint8Array;
  /** Leaves under a node of the top levels: 0, 1, or 2 for more. */
  occupancyOf(node: number): number;
}
