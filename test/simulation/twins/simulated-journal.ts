/**
 * The vote journal's faulty twin: what was appended survives a crash only up to a random point at or after the last
 * completed sync. Syncs take time, sometimes much.
 */
import type { Height } from '../../../src/protocol/primitives/identifiers.js';
import type { Journal, JournalPosition } from '../../../src/node/ports.js';
import type { JournalRecord } from '../../../src/protocol/pbft/effect.js';
import type { RandomSequence } from '../randomness.js';
import type { VirtualTime } from '../virtual-time.js';

const STALL_CHANCE = 0.02;
const STALL_FACTOR = 20;

/** The disk of one node; it outlives the node's lives. */
export class SimulatedDisk {
  records: JournalRecord[] = [];
  /** Records that will survive whatever happens. */
  durable = 0;

  /** Loses a random part of what was not synced. */
  crash(random: RandomSequence): void {
    const kept = this.durable + random.integer(this.records.length - this.durable + 1);
    this.records.length = kept;
    this.durable = kept;
  }
}

/** The journal of one life. */
export class SimulatedJournal implements Journal {
  constructor(
    private readonly disk: SimulatedDisk,
    private readonly time: VirtualTime,
    private readonly random: RandomSequence,
    private readonly syncMs: number,
    private readonly isAlive: () => boolean,
    private readonly onAppended: (record: JournalRecord) => void,
  ) {}

  recover(): Promise<readonly JournalRecord[]> {
    return Promise.resolve([...this.disk.records]);
  }

  append(record: JournalRecord): void {
    this.disk.records.push(record);
    this.onAppended(record);
  }

  sync(): Promise<void> {
    const covered = this.disk.records.length;
    const factor = this.random.chance(STALL_CHANCE) ? STALL_FACTOR : this.random.unit();
    return new Promise((resolve) => {
      this.time.after(this.syncMs * factor, () => {
        if (!this.isAlive()) return;
        this.disk.durable = Math.max(this.disk.durable, covered);
        resolve();
      });
    });
  }

  position(): JournalPosition {
    return { journalId: 'simulated', position: this.disk.durable };
  }

  appliedHeight(): Height {
    return 0;
  }

  truncateBefore(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
