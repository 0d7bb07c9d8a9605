/** The journal's folder on the disk with a disk that is slow, full or broken, as the test says. */
import type { JournalFile, JournalFiles } from '../../../../src/journal/journal-files.js';
import type { Faults } from './faults.js';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

class FaultyJournalFile implements JournalFile {
  constructor(
    private readonly file: JournalFile,
    private readonly isNew: boolean,
    private readonly faults: () => Faults,
  ) {}

  async write(bytes: Uint8Array, offset: number): Promise<number> {
    const { segmentError } = this.faults();
    if (this.isNew && segmentError !== undefined) throw systemError(segmentError);
    return this.file.write(bytes, offset);
  }

  async sync(): Promise<void> {
    const { syncDelayMs = 0, syncError } = this.faults();
    if (syncError !== undefined) throw systemError(syncError);
    await this.file.sync();
    if (syncDelayMs > 0)
      await new Promise((resolve) => {
        setTimeout(resolve, syncDelayMs);
      });
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Everything but writes and syncs of files goes to `files` as it is. */
export function createFaultyJournalFiles(files: JournalFiles, faults: () => Faults): JournalFiles {
  return {
    lock: () => files.lock(),
    list: () => files.list(),
    read: (name) => files.read(name),
    open: async (name, mode) =>
      new FaultyJournalFile(await files.open(name, mode), mode === 'create', faults),
    rename: (from, to) => files.rename(from, to),
    remove: (name) => files.remove(name),
    syncFolder: () => files.syncFolder(),
  };
}
