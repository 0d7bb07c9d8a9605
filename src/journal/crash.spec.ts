import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleRecord } from '../../test/support/journal-samples.js';
import { SimulatedClock } from '../../test/support/simulated-clock.js';
import { SimulatedJournalFiles } from '../../test/support/simulated-journal-files.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import { FileJournal } from './file-journal.js';
import { journalRecordHeight } from './journal-record-bytes.js';
import { FRAME_TYPE } from './segments/record-frame.js';
import { CHECKPOINT_HEIGHTS_KEPT } from './retained-records.js';

const SEGMENT_BYTES = 4096;
const KINDS = ['prepared', 'locked', 'committed', 'checkpointSigned'] as const;

interface Model {
  /** Appended, in order. */
  appended: JournalRecord[];
  /** How many of them must survive everything. */
  durable: number;
  appliedHeight: number;
  height: number;
  view: number;
  random: () => boolean;
}

class Real {
  files = new SimulatedJournalFiles();
  journal!: FileJournal;
  position = 0;
  journalId = '';

  async open(): Promise<readonly JournalRecord[]> {
    this.journal = new FileJournal(
      {
        files: this.files,
        clock: new SimulatedClock(),
        observer: { log: () => undefined, onJournalSync: () => undefined },
      },
      { segmentBytes: SEGMENT_BYTES, unsyncedBytesMax: 1 << 20 },
    );
    return this.journal.recover();
  }
}

const isOfView = (record: JournalRecord): boolean => journalRecordHeight(record) === undefined;

/** The view that a record leaves for or enters, or the height of any other. */
function numberOf(record: JournalRecord): number {
  if (record.type === 'viewLeft') return record.content.view;
  return record.type === 'viewEntered' ? record.view : journalRecordHeight(record)!;
}

const keyOf = (record: JournalRecord): string => `${record.type} ${numberOf(record)}`;

/** True when `later` tells all of the view that `record` tells: of a later view, or that this one was entered. */
function outdates(later: JournalRecord, record: JournalRecord): boolean {
  if (later.type === record.type) return numberOf(later) > numberOf(record);
  return later.type === 'viewEntered' && record.type === 'viewLeft' && numberOf(later) >= numberOf(record);
}

/** What may be forgotten: what the database holds, checkpoints signed 1,000 heights ago, views before the newest in `known`. */
function isNeeded(record: JournalRecord, model: Model, known: readonly JournalRecord[]): boolean {
  if (isOfView(record)) return !known.some((other) => outdates(other, record));
  return record.type === 'checkpointSigned'
    ? numberOf(record) > model.height - CHECKPOINT_HEIGHTS_KEPT
    : numberOf(record) > model.appliedHeight;
}

async function reopen(model: Model, real: Real, files: SimulatedJournalFiles): Promise<void> {
  real.files = files;
  const found = await real.open();
  const known = new Map(model.appended.map((record) => [keyOf(record), record]));
  for (const record of found) expect(known.get(keyOf(record))).toEqual(record);
  const keys = new Set(found.map(keyOf));
  const durable = model.appended.slice(0, model.durable);
  for (const record of durable.filter((each) => isNeeded(each, model, found))) {
    expect([...keys]).toContain(keyOf(record));
  }
  // What was deleted shows, so that a database that is set back below it is noticed.
  for (const record of durable.filter((each) => !isOfView(each) && !keys.has(keyOf(each)))) {
    expect(numberOf(record)).toBeLessThanOrEqual(real.journal.appliedHeight());
  }
  // What came back beyond the durable part is a run without a hole.
  const later = model.appended
    .slice(model.durable)
    .filter((each) => isNeeded(each, model, model.appended))
    .map(keyOf);
  const kept = later.filter((key) => keys.has(key));
  expect(kept).toEqual(later.slice(0, kept.length));
  // Votes, locks and blocks are in the order in which they were appended.
  const order = found.filter((record) => record.type !== 'checkpointSigned' && !isOfView(record)).map(keyOf);
  expect(order).toEqual(model.appended.map(keyOf).filter((key) => order.includes(key)));
  model.appended = model.appended.filter((record) => keys.has(keyOf(record)));
  model.durable = model.appended.length;
  const { journalId, position } = real.journal.position();
  expect(real.journalId === '' || journalId === real.journalId).toBe(true);
  expect(position).toBeGreaterThanOrEqual(real.position);
  real.journalId = journalId;
  expect(real.journal.appliedHeight()).toBeLessThanOrEqual(model.appliedHeight);
}

type Command = fc.AsyncCommand<Model, Real>;

class Append implements Command {
  constructor(private readonly count: number) {}
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    for (let index = 0; index < this.count; index++) {
      model.height += 1;
      for (const kind of KINDS) {
        const record = sampleRecord(model.height, kind, (model.height * 37) % 300);
        real.journal.append(record);
        model.appended.push(record);
      }
    }
  }
  toString = () => `append(${this.count})`;
}

/** A view is left, and perhaps the next one is entered. */
class ChangeView implements Command {
  constructor(private readonly enters: boolean) {}
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    model.view += 1;
    for (const kind of ['viewLeft', 'viewEntered'] as const) {
      if (kind === 'viewEntered' && !this.enters) continue;
      const record = sampleRecord(model.view, kind);
      real.journal.append(record);
      model.appended.push(record);
    }
  }
  toString = () => `changeView(${this.enters})`;
}

class Sync implements Command {
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const { length } = model.appended;
    await Promise.all([real.journal.sync(), real.journal.sync()]);
    model.durable = length;
    real.position = real.journal.position().position;
  }
  toString = () => 'sync';
}

class Truncate implements Command {
  constructor(private readonly lag: number) {}
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    model.appliedHeight = Math.max(model.appliedHeight, model.height - this.lag);
    await real.journal.truncateBefore(model.appliedHeight);
  }
  toString = () => `truncate(${this.lag})`;
}

class Close implements Command {
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    await real.journal.close();
    model.durable = model.appended.length;
    await reopen(model, real, real.files.killProcess());
  }
  toString = () => 'close';
}

class Kill implements Command {
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    await reopen(model, real, real.files.killProcess());
  }
  toString = () => 'kill';
}

/** The power fails in the middle of a sync, or of whatever runs in the background. */
class LosePower implements Command {
  constructor(private readonly steps: number) {}
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    let left = this.steps;
    let image: SimulatedJournalFiles | undefined;
    real.files.beforeOperation = () => {
      if (left-- === 0) image = real.files.losePower(model.random);
    };
    await real.journal.sync();
    if (image === undefined) model.durable = model.appended.length;
    await reopen(model, real, image ?? real.files.losePower(model.random));
  }
  toString = () => `losePower(${this.steps})`;
}

describe('a journal through crashes', () => {
  it('never loses or alters what was durable, and never makes up a record', async () => {
    const commands = [
      fc.integer({ min: 1, max: 4 }).map((count) => new Append(count)),
      fc.boolean().map((enters) => new ChangeView(enters)),
      fc.constant(new Sync()),
      fc.integer({ min: 0, max: 6 }).map((lag) => new Truncate(lag)),
      fc.constant(new Close()),
      fc.constant(new Kill()),
      fc.nat(8).map((steps) => new LosePower(steps)),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.commands(commands, { maxCommands: 40 }),
        fc.infiniteStream(fc.boolean()),
        async (run, stream) => {
          const real = new Real();
          await real.open();
          const model: Model = {
            appended: [],
            durable: 0,
            appliedHeight: 0,
            height: 0,
            view: 0,
            random: () => stream.next().value as boolean,
          };
          real.journalId = real.journal.position().journalId;
          await fc.asyncModelRun(() => ({ model, real }), run);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('writes a mark when it closes, so that nothing before it can pass for torn', async () => {
    const real = new Real();
    await real.open();
    const before = real.journal.position().position;
    await real.journal.close();
    await real.open();
    expect(real.journal.position().position).toBe(before + 32);
    expect(FRAME_TYPE.closed).toBe(3);
  });
});
