/**
 * A tip is a promise: what a replica has prepared it keeps until that height is committed or something newer of the same
 * height is prepared (PBFT-TIP-1), and it tells of it whenever a view ends (PBFT-VIEW-3). Looks at a replica from outside,
 * before and after a step.
 */
import type { JournalRecord } from '../../../src/protocol/pbft/effect.js';
import type { ReplicaView } from '../../../src/protocol/pbft/replica-report.js';
import type { Tip } from '../../../src/protocol/pbft/view-change/tips.js';
import type { BlockHash, Height } from '../../../src/protocol/primitives/identifiers.js';

type Place = Pick<Tip, 'view' | 'height'>;

function name({ view, height }: Place): string {
  return `tip (view ${view}, height ${height})`;
}

/** A tip that was there before a step and is not worth less now, but gone. */
export function forgottenTip(before: ReplicaView, after: ReplicaView): string | undefined {
  const lost = before.tips.find(
    ({ view, height }) =>
      height > after.committedHeight && !after.tips.some((tip) => tip.view >= view && tip.height >= height),
  );
  return lost && `TIP LOST: ${name(lost)} is neither committed nor dominated by what is left`;
}

/** Every block that a correct node has voted for, by hash: enough to know what a tip stands on. */
export class KnownBlocks {
  private readonly blocks = new Map<BlockHash, { readonly height: Height; readonly parentHash: BlockHash }>();

  onRecord(record: JournalRecord): void {
    if (record.type === 'prepared') this.blocks.set(record.block.hash, record.block.header);
  }

  /** What is wrong with the claim about the view that is left, when the replica stood as `before` says. */
  concealedTip(
    { content }: Extract<JournalRecord, { type: 'viewLeft' }>,
    before: ReplicaView,
  ): string | undefined {
    const { base, tips } = content;
    if (base.height !== before.committedHeight || base.blockHash !== before.committedHash)
      return `TIP CONCEALED: base ${base.height} in place of ${before.committedHeight}`;
    const concealed = before.tips.find(
      (tip) =>
        this.standsOn(tip.blockHash, base.blockHash) &&
        !tips.some(({ view, blockHash }) => view === tip.view && blockHash === tip.blockHash),
    );
    return concealed && `TIP CONCEALED: ${name(concealed)} above base ${base.height}`;
  }

  private standsOn(hash: BlockHash, base: BlockHash): boolean {
    for (let next: BlockHash | undefined = hash; next !== undefined; next = this.blocks.get(next)?.parentHash)
      if (next === base) return true;
    return false;
  }
}
