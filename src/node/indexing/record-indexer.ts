/**
 * Keeps the search index behind the durable head: it reads committed blocks, extracts what is searched, and writes the rows
 * together with its own position, so that it goes on where it was whatever ended it. It stands beside the commit path: nothing
 * waits for it, and when it cannot go on the ledger does.
 */
import type { Height } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type {
  BlockToIndex,
  IndexedBlock,
  IndexedRecord,
  IndexPosition,
  RecordIndex,
} from '../index-ports.js';
import type { Clock, NodeObserver } from '../ports.js';
import { EXTRACTION_VERSION, extractRecords } from './extract-records.js';

/** Bodies that are read at once and become one database transaction; one block alone may have more. */
const TOGETHER_BYTES_MAX = 1024 * 1024;
/** Bodies that are extracted without a pause: a few milliseconds in which nothing else runs. */
const PACE_BYTES = 32 * 1024;
/** Pause after a failure: of a database that is away, and of anything that a person has to mend. */
const AWAY_MS = 250;
const BROKEN_MS = 10_000;
/** How often an index that has nothing to do looks whether somebody has emptied it. */
const CHECK_MS = 2_000;

export interface RecordIndexerPorts {
  readonly index: RecordIndex;
  readonly clock: Pick<Clock, 'schedule'>;
  readonly observer: Pick<NodeObserver, 'log'>;
}

export interface IndexStanding {
  /** Everything up to here can be found. */
  readonly height: Height;
  /** Why it does not go on, in words; `undefined` while it does. */
  readonly problem: string | undefined;
}

export class RecordIndexer {
  /** `undefined` while it has to be read. */
  private position: IndexPosition | undefined;
  private height: Height = 0;
  /** The durable head as far as it was told. */
  private head: Height = 0;
  private problem: string | undefined;
  private running = false;
  private stopped = false;
  private endPause: (() => void) | undefined;
  private cancelCheck: (() => void) | undefined;

  constructor(private readonly ports: RecordIndexerPorts) {}

  standing(): IndexStanding {
    return { height: this.height, problem: this.problem };
  }

  /** Everything up to `height` is durable. Never waits and never throws. */
  follow(height: Height): void {
    this.head = Math.max(this.head, height);
    if (this.running || this.stopped) return;
    this.running = true;
    this.cancelCheck?.();
    void this.run();
  }

  /** Ends between two steps; what was not written is read again at the next start. */
  stop(): void {
    this.stopped = true;
    this.cancelCheck?.();
    this.endPause?.();
  }

  private async run(): Promise<void> {
    while (!this.isStopped() && (this.position?.height ?? -1) < this.head) {
      try {
        await this.step();
        if (this.problem !== undefined) this.ports.observer.log('info', 'the search index goes on');
        this.problem = undefined;
      } catch (error) {
        await this.onFailure(error);
      }
    }
    this.running = false;
    if (this.isStopped()) return;
    this.cancelCheck = this.ports.clock.schedule(CHECK_MS, () => {
      this.position = undefined;
      this.follow(this.head);
    });
  }

  private async step(): Promise<void> {
    const { index } = this.ports;
    this.position ??= await this.open();
    this.height = this.position.height;
    if (this.height >= this.head) return;
    const blocks = await index.readBlocks(this.position.height, TOGETHER_BYTES_MAX);
    const indexed: IndexedBlock[] = [];
    for (const block of blocks) indexed.push(await this.extract(block));
    const last = blocks.at(-1);
    // A reader may be behind for a moment where it is another server; what is read next is asked for after a pause.
    if (last === undefined) await this.pause(AWAY_MS);
    else if (await index.append(this.position, indexed)) {
      this.position = { ...this.position, height: last.height };
      this.height = last.height;
    }
    // Somebody has emptied the index meanwhile.
    else this.position = undefined;
  }

  /** An index of another version, or none, is begun anew. */
  private async open(): Promise<IndexPosition> {
    const { index, observer } = this.ports;
    const found = await index.position();
    if (found?.version === EXTRACTION_VERSION) return found;
    observer.log('info', 'the search index is made from the first block on', {
      version: EXTRACTION_VERSION,
      before: found?.version,
    });
    await index.begin(EXTRACTION_VERSION);
    return { version: EXTRACTION_VERSION, height: 0 };
  }

  private async extract(block: BlockToIndex): Promise<IndexedBlock> {
    const { height, timestampMs, transactions } = block;
    const records: IndexedRecord[] = [];
    let bytes = 0;
    for (const [index, { body }] of transactions.entries()) {
      bytes += body.length;
      if (bytes > PACE_BYTES) {
        bytes = 0;
        await this.pause(0);
      }
      records.push(...extractRecords(block, index));
    }
    return { height, timestampMs, records };
  }

  /** The index is not the ledger: whatever is wrong with it is told, and tried again. */
  private async onFailure(error: unknown): Promise<void> {
    const isAway = error instanceof LedgerError && error.code === 'DATABASE_UNAVAILABLE';
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.problem && !this.isStopped())
      this.ports.observer.log(isAway ? 'warn' : 'error', 'the search index stands still', { problem });
    this.problem = problem;
    this.position = undefined;
    await this.pause(isAway ? AWAY_MS : BROKEN_MS);
  }

  private async pause(delayMs: number): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.ports.clock.schedule(delayMs, resolve);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
    this.endPause = undefined;
  }

  /** `stopped` may change while something is awaited, which control flow analysis does not see. */
  private isStopped(): boolean {
    return this.stopped;
  }
}
