/**
 * Audits this node's own database again and again, slowly, for as long as the node lives. A finding about what is only kept
 * degrades the health; one about the state, from which the next block is computed, ends the node's vote (docs/adr/0036). What
 * goes wrong in here stops nothing but the pass.
 */
import { auditLedger } from '../../audit/audit-ledger.js';
import type { AuditPosition } from '../../audit/audit-position.js';
import { describeFinding, type Finding } from '../../audit/finding.js';
import type { StoredRows } from '../../audit/stored-rows.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { Height, TimestampMs } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { Clock, NodeObserver } from '../ports.js';
import type { StateScrub } from './state-scrub.js';

export interface ScrubSettings {
  /** 0: never. */
  readonly scrubRowsPerSecond: number;
  /** From the end of a pass to the beginning of the next one. */
  readonly scrubPauseMs: number;
}

export interface ScrubPorts {
  readonly rows: StoredRows;
  readonly genesis: Genesis;
  readonly state: StateScrub;
  readonly clock: Clock;
  readonly observer: Pick<NodeObserver, 'log' | 'onScrub' | 'onScrubFinding'>;
  /** Something that was found in this pass or the one before, in words; `undefined`: everything is as it should be. */
  readonly onDamage: (damage: string | undefined) => void;
  /** The state is known to be wrong. */
  readonly onStateDamaged: (reason: string) => void;
}

/** Where the scrub stands, for the status page. */
export interface ScrubReport {
  /** Audited in this pass. */
  readonly height: Height;
  /** Since the start of the node. */
  readonly passes: number;
  readonly lastPassMs: TimestampMs | undefined;
  /** In the last whole pass and since. */
  readonly findingCount: number;
  /** The first of them. */
  readonly findings: readonly Finding[];
}

const SLICE_MS = 20;
const SECOND_MS = 1_000;
const FINDINGS_SHOWN_MAX = 20;
/** Findings that are told apart from those of an earlier pass; beyond, they are told again. */
const KNOWN_MAX = 1_000;

export class Scrub {
  private passes = 0;
  private lastPassMs: TimestampMs | undefined;
  private height: Height = 0;
  /** Of the last whole pass. */
  private before: readonly Finding[] = [];
  /** Of the present one. */
  private present: Finding[] = [];
  private countBefore = 0;
  private countPresent = 0;
  private readonly known = new Set<string>();
  private position: AuditPosition | undefined;
  private spent = 0;
  private stopped = false;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly ports: ScrubPorts,
    private readonly settings: ScrubSettings,
  ) {}

  start(): void {
    if (this.settings.scrubRowsPerSecond > 0) void this.runPasses();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  report(): ScrubReport | undefined {
    if (this.settings.scrubRowsPerSecond === 0) return undefined;
    const { height, passes, lastPassMs, before, present } = this;
    const shown = present.length >= before.length ? present : before;
    const findingCount = Math.max(this.countBefore, this.countPresent);
    return { height, passes, lastPassMs, findingCount, findings: shown };
  }

  /** The pause comes first: a start has just compared the whole state with the countersigned root, and has to catch up. */
  private async runPasses(): Promise<void> {
    for (;;) {
      await this.sleep(this.settings.scrubPauseMs);
      if (this.isStopped()) return;
      try {
        if (await this.runPass()) this.endPass();
      } catch (error) {
        this.onFailure(error);
      }
    }
  }

  /** Goes on where the database went away. False: the node stops. */
  private async runPass(): Promise<boolean> {
    const { rows, genesis, state } = this.ports;
    const { complete } = await auditLedger({
      rows,
      genesis,
      fromHeight: 0,
      resume: this.position,
      state: (context) => state.audit(context),
      pace: (cost) => this.pace(cost),
      onPosition: (position) => {
        this.position = position;
        this.height = position.chain === undefined ? this.height : position.chain.nextHeight - 1;
        this.show();
      },
      onFinding: (finding) => {
        this.onFinding(finding);
      },
    });
    return complete;
  }

  private endPass(): void {
    this.passes++;
    this.lastPassMs = this.ports.clock.wallMs();
    this.before = this.present;
    this.countBefore = this.countPresent;
    this.present = [];
    this.countPresent = 0;
    this.position = undefined;
    const [first] = this.before;
    this.ports.onDamage(first && this.describe(first, this.countBefore));
    this.show();
  }

  private onFinding(finding: Finding): void {
    const { observer, onDamage, onStateDamaged } = this.ports;
    this.countPresent++;
    if (this.present.length < FINDINGS_SHOWN_MAX) this.present.push(finding);
    const [first = finding] = this.present;
    onDamage(this.describe(first, Math.max(this.countBefore, this.countPresent)));
    const name = `${finding.table} ${JSON.stringify(finding.row)}`;
    if (this.known.has(name)) return;
    if (this.known.size < KNOWN_MAX) this.known.add(name);
    observer.onScrubFinding(finding.table);
    observer.log('error', 'the scrub has found a row that the ledger did not write', {
      finding: describeFinding(finding),
      ...finding,
    });
    // Only what was held against the tree, twice: another pass may stumble over the same row, and does not read it again.
    if (this.position?.pass === 'state') onStateDamaged(this.describe(finding, 1));
  }

  /** Without what the row is called: everybody may read the status. */
  private describe({ table, problem, heights }: Finding, count: number): string {
    const where = heights.length === 0 ? '' : ` at height ${heights.join(', ')}`;
    const more = count > 1 ? ` and ${count - 1} more` : '';
    return `ledger.${table}${where}: ${problem}${more}; run "countersign audit run"`;
  }

  private onFailure(error: unknown): void {
    const { observer } = this.ports;
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof LedgerError && error.code === 'DATABASE_UNAVAILABLE') {
      observer.log('warn', 'the scrub waits for the database', { reason });
      return;
    }
    this.position = undefined;
    this.present = [];
    this.countPresent = 0;
    observer.log('error', 'the scrub could not finish its pass and begins a new one', { reason });
  }

  /** `stopped` may change while something is awaited, which control flow analysis does not see. */
  private isStopped(): boolean {
    return this.stopped;
  }

  private pace(cost: number): boolean | Promise<boolean> {
    if (this.stopped) return false;
    this.spent += cost;
    const { scrubRowsPerSecond } = this.settings;
    const ms = (this.spent / scrubRowsPerSecond) * SECOND_MS;
    if (ms < SLICE_MS) return true;
    this.spent = 0;
    return this.sleep(ms).then(() => !this.stopped);
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.ports.clock.schedule(ms, resolve);
      this.cancel = () => {
        cancel();
        resolve();
      };
      if (this.stopped) this.cancel();
    });
  }

  private show(): void {
    this.ports.observer.onScrub({ height: this.height, passes: this.passes, lastPassMs: this.lastPassMs });
  }
}
