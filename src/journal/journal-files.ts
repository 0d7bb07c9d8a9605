/**
 * What the journal needs of a file system, so that tests can inject short writes, full disks, errors and crashes.
 * Adapter: disk-journal-files.ts. Every method may reject with the system's error (`code` EIO, ENOSPC, …).
 */
export interface JournalFile {
  /** Writes a prefix of `bytes` at `offset`; resolves with how many bytes it wrote, which may be fewer than asked. */
  write(bytes: Uint8Array, offset: number): Promise<number>;
  /** Makes the file's content durable (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface JournalFiles {
  /**
   * Keeps every other process out of the folder until the returned function is called or the process ends.
   * Rejects with LedgerError JOURNAL_LOCKED when another process holds it.
   */
  lock(): Promise<() => Promise<void>>;
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  /** Opens for writing; `create` makes a new empty file that only its owner may read. */
  open(name: string, mode: 'create' | 'existing'): Promise<JournalFile>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Makes creations, renames and removals durable (fsync of the folder). */
  syncFolder(): Promise<void>;
}
