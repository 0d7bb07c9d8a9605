/** JournalFiles on a folder of the local disk. Files belong to their owner alone; the lock dies with the process. */
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { lockFolder } from './folder-lock.js';
import type { JournalFile, JournalFiles } from './journal-files.js';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

class DiskJournalFile implements JournalFile {
  constructor(private readonly handle: FileHandle) {}

  async write(bytes: Uint8Array, offset: number): Promise<number> {
    const { bytesWritten } = await this.handle.write(bytes, 0, bytes.length, offset);
    return bytesWritten;
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

export class DiskJournalFiles implements JournalFiles {
  /** The folder is made at the first lock when it does not exist. */
  constructor(private readonly folder: string) {}

  async lock(): Promise<() => Promise<void>> {
    await fs.mkdir(this.folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    return lockFolder(this.folder);
  }

  list(): Promise<readonly string[]> {
    return fs.readdir(this.folder);
  }

  async read(name: string): Promise<Uint8Array> {
    return fs.readFile(path.join(this.folder, name));
  }

  async open(name: string, mode: 'create' | 'existing'): Promise<JournalFile> {
    const flags = mode === 'create' ? 'wx' : 'r+';
    return new DiskJournalFile(await fs.open(path.join(this.folder, name), flags, OWNER_ONLY_FILE));
  }

  rename(from: string, to: string): Promise<void> {
    return fs.rename(path.join(this.folder, from), path.join(this.folder, to));
  }

  remove(name: string): Promise<void> {
    return fs.unlink(path.join(this.folder, name));
  }

  async syncFolder(): Promise<void> {
    // Windows has no fsync of a folder; NTFS orders its own metadata.
    if (path.sep === '\\') return;
    const handle = await fs.open(this.folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
