/**
 * The vote journal's faulty twin: what was appended survives a crash only up to a random point at or after the last
 * completed sync. Syncs take time, sometimes much. Old records go when the database has overtaken them.
 */
import type { Height } from '../../../src/protocol/primitives/identifiers.js';
import type { Journal, JournalPosition } from '../../../src/node/ports.js';
import type { JournalRecord } from '../../../src/protocol/pbft/effect.js';
import type { RandomSequence } from '../randomness.js';
import type { VirtualTime } from '../virtual-time.js';

const STALL_CHANCE = 0.02;
const STALL_FACTOR = 20;
/** Chance that an executed block makes the journal drop what is not needed any more. */
const TRUNCATION_CHANCE = 0.1;

function heightOf(record: JournalRecord): Height | undefined {
  switch (record.type) {
    case 'prepared':
      return record.block.header.height;
    case 'locked':
    case 'committed':
      return record.certificate.height;
    case 'checkpointSigned':
    case 'endCertified':
    case 'viewLeft':
    case 'viewEntered':
      return undefined;
  }
}

/** The disk of one node; it outlives the node's lives. */
export class SimulatedDisk {
  records: JournalRecord[] = [];
  /** Records that will survive whatever happens. */
  durable = 0;
  /** Records ever appended. */
  appended = 0;
  /** Height that the database is known to have held. */
  appliedHeight: Height = 0;

  append(record: JournalRecord): void {
    this.records.push(record);
    this.appended += 1;
  }

  /** Loses a random part of what was not synced. */
  crash(random: RandomSequence): void {
    const kept = this.durable + random.integer(this.records.length - this.durable + 1);
    this.records.length = kept;
    this.durable = kept;
  }

  /** Drops durable records of heights that the database has, as the deletion of old segments does. */
  truncate(height: Height): void {
    this.appliedHeight = Math.max(this.appliedHeight, height);
    const isNeeded = (record: JournalRecord): boolean => (heightOf(record) ?? Infinity) > height;
    const kept = this.records.slice(0, this.durable).filter(isNeeded);
    this.records = [...kept, ...this.records.slice(this.durable)];
    this.durable = kept.length;
  }

  /** Forgets every promise, as a journal does that was lost. */
  forget(): void {
    this.records = [];
    this.durable = 0;
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
    private readonly watcher: {
      onAppended(record: JournalRecord): void;
      /** Everything is appended that the replica has asked for so far. */
      onSync(): void;
    },
  ) {}

  recover(): Promise<readonly JournalRecord[]> {
    return Promise.resolve([...this.disk.records]);
  }

  append(record: JournalRecord): void {
    this.disk.append(record);
    this.watcher.onAppended(record);
  }

  sync(): Promise<void> {
    this.watcher.onSync();
    const covered = this.disk.appended;
    const factor = this.random.chance(STALL_CHANCE) ? STALL_FACTOR : this.random.unit();
    return new Promise((resolve) => {
      this.time.after(this.syncMs * factor, () => {
        if (!this.isAlive()) return;
        const unsynced = this.disk.appended - covered;
        this.disk.durable = Math.max(this.disk.durable, this.disk.records.length - unsynced);
        resolve();
      });
    });
  }

  /** This disk is never full; a sync that takes long is what a full one looks like to the node. */
  stall(): string | undefined {
    return undefined;
  }

  position(): JournalPosition {
    return { journalId: 'simulated', position: this.disk.durable };
  }

  appliedHeight(): Height {
    return this.disk.appliedHeight;
  }

  truncateBefore(height: Height): Promise<void> {
    if (this.random.chance(TRUNCATION_CHANCE)) this.disk.truncate(height);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
