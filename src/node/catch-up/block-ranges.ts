/**
 * Which heights of a catch-up have been asked for, and of whom, and which blocks have come and wait. Ranges never overlap;
 * what is neither open nor held is a gap. Small lists: one open range for each peer, and as many held as the buffer holds.
 */
import type { Height, ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import type { SyncedBlock } from '../ports.js';

/** Both ends belong to it. */
export interface HeightRange {
  readonly from: Height;
  readonly to: Height;
}

export interface OpenRange extends HeightRange {
  readonly peer: ValidatorIndex;
  readonly cancelTimeout: () => void;
}

/** Blocks of one answer, ascending without a gap, not verified yet. */
interface HeldRange {
  readonly peer: ValidatorIndex;
  readonly from: Height;
  readonly blocks: readonly SyncedBlock[];
  readonly bytes: number;
}

export class BlockRanges {
  private readonly openRanges = new Map<ValidatorIndex, OpenRange>();
  /** Ascending. */
  private heldRanges: readonly HeldRange[] = [];

  get openCount(): number {
    return this.openRanges.size;
  }

  /** Bodies that wait. */
  get heldBytes(): number {
    return this.heldRanges.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The open range of a peer: it has one at most. */
  openOf(peer: ValidatorIndex): OpenRange | undefined {
    return this.openRanges.get(peer);
  }

  /** Who was asked for the lowest open range. */
  get firstAsked(): ValidatorIndex | undefined {
    return [...this.openRanges.values()].sort((left, right) => left.from - right.from)[0]?.peer;
  }

  open(range: OpenRange): void {
    this.openRanges.set(range.peer, range);
  }

  /** Its heights become a gap, unless what came is held. */
  close(peer: ValidatorIndex): void {
    this.openRanges.get(peer)?.cancelTimeout();
    this.openRanges.delete(peer);
  }

  hold(peer: ValidatorIndex, blocks: readonly SyncedBlock[]): void {
    const [first] = blocks;
    if (first === undefined) return;
    const range = { peer, from: first.block.header.height, blocks, bytes: bytesOf(blocks) };
    this.heldRanges = [...this.heldRanges, range].sort((left, right) => left.from - right.from);
  }

  /** The block of that height and who sent it, if it is the lowest that is held. */
  first(height: Height): { readonly synced: SyncedBlock; readonly peer: ValidatorIndex } | undefined {
    const [range] = this.heldRanges;
    const [synced] = range?.blocks ?? [];
    return range?.from === height && synced !== undefined ? { synced, peer: range.peer } : undefined;
  }

  /** Lets go of blocks below `height`. */
  dropBelow(height: Height): void {
    this.heldRanges = this.heldRanges.flatMap((range) => {
      if (range.from >= height) return [range];
      const gone = height - range.from;
      const bytes = range.bytes - bytesOf(range.blocks.slice(0, gone));
      const blocks = range.blocks.slice(gone);
      return blocks.length === 0 ? [] : [{ ...range, from: height, blocks, bytes }];
    });
  }

  /** Lets go of everything that a peer has sent. */
  dropOf(peer: ValidatorIndex): void {
    this.heldRanges = this.heldRanges.filter((range) => range.peer !== peer);
  }

  /** The lowest heights in [from, to] that are neither open nor held, at most `blocksMax`. */
  gap(from: Height, to: Height, blocksMax: number): HeightRange | undefined {
    const covered: HeightRange[] = [
      ...this.openRanges.values(),
      ...this.heldRanges.map(({ from: first, blocks }) => ({ from: first, to: first + blocks.length - 1 })),
    ];
    let first = from;
    let last = to;
    for (const range of covered.sort((left, right) => left.from - right.from)) {
      if (range.to < first) continue;
      if (range.from > first) {
        last = Math.min(to, range.from - 1);
        break;
      }
      first = range.to + 1;
    }
    return first > last ? undefined : { from: first, to: Math.min(last, first + blocksMax - 1) };
  }

  clear(): void {
    for (const peer of [...this.openRanges.keys()]) this.close(peer);
    this.heldRanges = [];
  }
}

function bytesOf(blocks: readonly SyncedBlock[]): number {
  return blocks.reduce((sum, { block }) => sum + block.body.length, 0);
}
