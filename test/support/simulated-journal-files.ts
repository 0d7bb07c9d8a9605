/**
 * A folder of files in memory with the manners of a disk: what is not synced may be lost at a crash, 512 bytes at a time
 * and in any order. Writes and syncs can be made to fall short, fail or wait. Twin of src/journal/disk-journal-files.ts.
 */
import type { JournalFile, JournalFiles } from '../../src/journal/journal-files.js';
import { LedgerError } from '../../src/protocol/primitives/ledger-error.js';

const SECTOR_BYTES = 512;

interface StoredFile {
  /** The name that it has now, whichever it was opened under. */
  name: string;
  content: Uint8Array;
  durable: Uint8Array;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

export class SimulatedJournalFiles implements JournalFiles {
  private files = new Map<string, StoredFile>();
  private locked = false;
  /** Most bytes that one write takes. */
  writeBytesMax = Number.MAX_SAFE_INTEGER;
  /** Called before each operation; throw a system error from here to make it fail. */
  beforeOperation: (operation: string, name: string) => void | Promise<void> = () => undefined;

  async lock(): Promise<() => Promise<void>> {
    if (this.locked) throw new LedgerError('JOURNAL_LOCKED', 'in use by another process');
    this.locked = true;
    return async () => {
      this.locked = false;
    };
  }

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Uint8Array> {
    return this.stored(name).content.slice();
  }

  async open(name: string, mode: 'create' | 'existing'): Promise<JournalFile> {
    await this.beforeOperation('open', name);
    if (mode === 'create') {
      if (this.files.has(name)) throw systemError('EEXIST');
      this.files.set(name, { name, content: new Uint8Array(), durable: new Uint8Array() });
    }
    const stored = this.stored(name);
    return {
      write: async (bytes, offset) => {
        await this.beforeOperation('write', stored.name);
        const taken = bytes.slice(0, this.writeBytesMax);
        const length = Math.max(stored.content.length, offset + taken.length);
        if (length > stored.content.length) {
          const longer = new Uint8Array(length);
          longer.set(stored.content);
          stored.content = longer;
        }
        stored.content.set(taken, offset);
        return taken.length;
      },
      sync: async () => {
        const content = stored.content.slice();
        await this.beforeOperation('sync', stored.name);
        stored.durable = content;
      },
      close: async () => undefined,
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.beforeOperation('rename', from);
    const stored = this.stored(from);
    this.files.delete(from);
    stored.name = to;
    this.files.set(to, stored);
  }

  async remove(name: string): Promise<void> {
    await this.beforeOperation('remove', name);
    this.stored(name);
    this.files.delete(name);
  }

  async syncFolder(): Promise<void> {
    await this.beforeOperation('syncFolder', '');
  }

  /** The process dies: its lock goes, its files stay as the system saw them. */
  killProcess(): SimulatedJournalFiles {
    const after = new SimulatedJournalFiles();
    for (const [name, { content, durable }] of this.files) {
      after.files.set(name, { name, content: content.slice(), durable: durable.slice() });
    }
    return after;
  }

  /** The power fails: of each file, every sector that was not synced stays or goes as `keeps` says. */
  losePower(keeps: () => boolean): SimulatedJournalFiles {
    const after = new SimulatedJournalFiles();
    for (const [name, { content, durable }] of this.files) {
      const kept = new Uint8Array(content.length);
      kept.set(durable);
      for (let start = 0; start < content.length; start += SECTOR_BYTES) {
        if (keeps()) kept.set(content.subarray(start, start + SECTOR_BYTES), start);
      }
      after.files.set(name, { name, content: kept, durable: kept.slice() });
    }
    return after;
  }

  /** Changes a file as no program of ours would. */
  tamper(name: string, change: (content: Uint8Array) => Uint8Array): void {
    const stored = this.stored(name);
    stored.content = change(stored.content.slice());
    stored.durable = stored.content.slice();
  }

  delete(name: string): void {
    this.files.delete(name);
  }

  private stored(name: string): StoredFile {
    const stored = this.files.get(name);
    if (stored === undefined) throw systemError('ENOENT');
    return stored;
  }
}
