import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { DiskJournalFiles } from '../../../src/journal/disk-journal-files.js';
import { FileJournal, type FileJournalSettings } from '../../../src/journal/file-journal.js';
import type { Clock } from '../../../src/node/ports.js';
import { sampleRecord } from '../../support/journal-samples.js';
import { realClock } from '../../support/real-clock.js';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-journal-'));
afterAll(() => fs.rmSync(root, { recursive: true }));
let folders = 0;

/** A second is over in 20 ms. */
const hastyClock: Clock = {
  ...realClock,
  schedule: (delayMs, callback) => realClock.schedule(delayMs / 50, callback),
};

function newFolder(name = ''): string {
  return path.join(root, `journal-${folders++}${name}`);
}

function openJournal(folder: string, settings: Partial<FileJournalSettings> = {}) {
  const log: string[] = [];
  const journal = new FileJournal(
    {
      files: new DiskJournalFiles(folder),
      clock: hastyClock,
      observer: { log: (_level, message) => log.push(message), onJournalSync: () => undefined },
    },
    { segmentBytes: 64 * 1024, unsyncedBytesMax: 1 << 20, ...settings },
  );
  return { journal, log };
}

describe('FileJournal on a disk', () => {
  it('writes segments of one size for its owner alone, and gives them back', async () => {
    const folder = newFolder();
    const { journal } = openJournal(folder);
    expect(await journal.recover()).toEqual([]);
    const records = Array.from({ length: 60 }, (_, index) => sampleRecord(index + 1, 'committed', 3000));
    for (const record of records) {
      journal.append(record);
      await journal.sync();
    }
    await journal.close();
    const names = fs.readdirSync(folder).filter((name) => name.startsWith('segment-'));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const { size, mode } = fs.statSync(path.join(folder, name));
      expect([size, mode & 0o777]).toEqual([64 * 1024, 0o600]);
    }
    const again = openJournal(folder);
    expect(await again.journal.recover()).toEqual(records);
    await again.journal.truncateBefore(60);
    await again.journal.close();
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('segment-')).length).toBeLessThan(3);
    expect(again.log).toEqual([]);
  });

  it('starts with the default size', async () => {
    const { journal } = openJournal(newFolder(), { segmentBytes: 16 << 20 });
    await journal.recover();
    journal.append(sampleRecord(1, 'prepared', 1 << 20));
    await journal.sync();
    await journal.close();
  });
});

const MIB = 1 << 20;

/** Mounts a disk of 6 MiB; false when that is not permitted here. */
function mountSmallDisk(folder: string): boolean {
  fs.mkdirSync(folder, { recursive: true });
  if (process.platform !== 'linux') return false;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).status === 0;
}

function unmount(folder: string): void {
  const { status, stderr } = spawnSync('umount', ['--lazy', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${folder} is still mounted: ${stderr}`);
}

function canMount(): boolean {
  const folder = newFolder('-probe');
  if (!mountSmallDisk(folder)) return false;
  unmount(folder);
  return true;
}

/** Takes all the room there is. */
function fillDisk(file: string): void {
  const descriptor = fs.openSync(file, 'w');
  try {
    for (;;) fs.writeSync(descriptor, new Uint8Array(4096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}

describe('FileJournal on a full disk', () => {
  const mayMount = canMount();
  const onSmallDisk = mayMount ? it : it.skip;
  const unless = mayMount ? '' : ' (left out: mounting a small disk needs root on Linux)';

  onSmallDisk(`waits for room, goes on by itself and loses nothing${unless}`, async () => {
    const disk = newFolder('-small-disk');
    mountSmallDisk(disk);
    try {
      const folder = path.join(disk, 'journal');
      const { journal, log } = openJournal(folder, { segmentBytes: MIB, unsyncedBytesMax: 4 * MIB });
      await journal.recover();
      fillDisk(path.join(disk, 'filler'));
      const records = Array.from({ length: 24 }, (_, at) => sampleRecord(at + 1, 'committed', 100_000));
      let durable = 0;
      const written = (async () => {
        for (const record of records) {
          journal.append(record);
          await journal.sync();
          durable += 1;
        }
      })();
      while (journal.stall() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      const atStall = durable;
      expect(atStall).toBeLessThan(11);
      // Room for less than a segment is none, and the attempts leave it to others.
      fs.truncateSync(path.join(disk, 'filler'), fs.statSync(path.join(disk, 'filler')).size - MIB / 2);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(durable).toBe(atStall);
      expect(journal.stall()).toContain('is full');
      expect(log).toEqual([expect.stringContaining('is full')]);
      fs.rmSync(path.join(disk, 'filler'));
      await written;
      expect(journal.stall()).toBeUndefined();
      expect(log).toEqual([expect.stringContaining('is full'), expect.stringContaining('has room again')]);
      await journal.close();
      const again = openJournal(folder);
      expect(await again.journal.recover()).toEqual(records);
      await again.journal.close();
    } finally {
      unmount(disk);
    }
  });
});

/** A process that holds the lock of a folder until it is killed: the same sockets, without the rest of us. */
function spawnHolder(folder: string) {
  const program = `
    const net = require('node:net');
    net.createServer().listen(process.argv[1] + '/lock-' + process.pid + '-0123abcd.sock', () => console.log('held'));
  `;
  const child = spawn(process.execPath, ['-e', program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const held = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { child, held, ended };
}

describe('the lock of the folder', () => {
  it('keeps a second journal out, in this process or another, and names the process', async () => {
    const folder = newFolder();
    const first = openJournal(folder).journal;
    await first.recover();
    await expect(openJournal(folder).journal.recover()).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.close();
    const holder = spawnHolder(folder);
    await holder.held;
    await expect(openJournal(folder).journal.recover()).rejects.toMatchObject({
      code: 'JOURNAL_LOCKED',
      message: expect.stringContaining(`process ${String(holder.child.pid)}`),
    });
    holder.child.kill('SIGSTOP');
    await expect(openJournal(folder).journal.recover()).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    holder.child.kill('SIGKILL');
    await holder.ended;
    const last = openJournal(folder).journal;
    await last.recover();
    await last.close();
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('lock-'))).toEqual([]);
  });

  it('lets at most one of many that start at once go on', async () => {
    const folder = newFolder();
    const journals = Array.from({ length: 8 }, () => openJournal(folder).journal);
    const results = await Promise.allSettled(journals.map((journal) => journal.recover()));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'JOURNAL_LOCKED' });
    }
    await Promise.all(journals.map((journal) => journal.close()));
    const next = openJournal(folder).journal;
    await next.recover();
    await next.close();
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  onLinux('works in a folder with a long path', async () => {
    const folder = newFolder(`-${'long'.repeat(40)}`);
    const first = openJournal(folder).journal;
    await first.recover();
    await expect(openJournal(folder).journal.recover()).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    await first.close();
    const again = openJournal(folder).journal;
    await again.recover();
    await again.close();
  });
});
