/**
 * What the last heights have written here, for the day on which a result turns out to be another one than the quorum's: then it
 * is written down which entries the own execution has changed. What the others have in their place only they can say.
 */
import { stateEntryName } from '../../audit/state-entry-name.js';
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Digest, Height } from '../../protocol/primitives/identifiers.js';
import type { StateKey } from '../../protocol/state/state-key.js';

/** Over all heights that are remembered; the oldest heights go first, the last one stays. */
const WRITES_MAX = 50_000;

interface OwnResult {
  readonly height: Height;
  readonly blockHash: string;
  readonly stateRoot: Digest;
  readonly entriesRoot: Digest;
  readonly writes: readonly { readonly key: StateKey; readonly valueDigest: Uint8Array | undefined }[];
}

/** The own side of two results of one height. */
export interface Divergence {
  readonly height: Height;
  /** Roots of the result log. */
  readonly ownRoot: Digest;
  readonly certifiedRoot: Digest;
  /** `undefined` for a height that was executed too long ago, or in an earlier life of the node. */
  readonly own:
    | {
        readonly blockHash: string;
        readonly stateRoot: Digest;
        readonly entriesRoot: Digest;
        /** Every entry that the block has written here; without a digest it was deleted. */
        readonly writes: readonly {
          readonly key: string;
          readonly name: string;
          readonly valueDigest: string | undefined;
        }[];
      }
    | undefined;
}

export class OwnResults {
  private results: OwnResult[] = [];
  private writes = 0;

  constructor(private readonly heightsMax: number) {}

  onExecuted({ block, stateRoot, entriesRoot, writes }: ExecutedBlock): void {
    const { height } = block.header;
    const kept = writes.map(({ key, valueDigest }) => ({ key, valueDigest }));
    this.results.push({ height, blockHash: block.hash, stateRoot, entriesRoot, writes: kept });
    this.writes += kept.length;
    while (this.writes > WRITES_MAX && this.results.length > 1)
      this.writes -= this.results.shift()?.writes.length ?? 0;
    if (this.results.length > this.heightsMax) this.writes -= this.results.shift()?.writes.length ?? 0;
  }

  describe(height: Height, ownRoot: Digest, certifiedRoot: Digest): Divergence {
    const result = this.results.find((each) => each.height === height);
    if (result === undefined) return { height, ownRoot, certifiedRoot, own: undefined };
    const { blockHash, stateRoot, entriesRoot, writes } = result;
    const named = writes.map(({ key, valueDigest }) => ({
      key,
      name: stateEntryName(key),
      valueDigest: valueDigest && bytesToHex(valueDigest),
    }));
    return { height, ownRoot, certifiedRoot, own: { blockHash, stateRoot, entriesRoot, writes: named } };
  }
}
