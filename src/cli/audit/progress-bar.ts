/** How far an audit is, on standard error: a bar on a terminal, a line now and then elsewhere. */
import { SingleBar } from 'cli-progress';
import type { AuditProgress } from '../../audit/audit-ledger.js';
import { NOTHING_COUNTED, type AuditCounts, type AuditPass } from '../../audit/audit-position.js';
import type { Terminal } from '../terminal.js';

const LINE_INTERVAL_MS = 10_000;
const SECOND_MS = 1_000;
const PERCENT = 100;

export class AuditProgressBar {
  private readonly bar: SingleBar | undefined;
  private readonly startedMs = Date.now();
  private pass: AuditPass | undefined;
  private saidMs = 0;

  constructor(
    private readonly terminal: Pick<Terminal, 'message'>,
    /** What an earlier process has done. */
    private readonly before: AuditCounts = NOTHING_COUNTED,
  ) {
    if (!process.stderr.isTTY) return;
    this.bar = new SingleBar({
      format: '{pass} {bar} {percentage}% {rate} records/s, {findings} findings',
      stream: process.stderr,
      hideCursor: true,
    });
  }

  show({ pass, done, total, counts, findings }: AuditProgress): void {
    const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
    const percentage = Math.floor(share * PERCENT);
    const seconds = Math.max(1, Date.now() - this.startedMs) / SECOND_MS;
    const rate = Math.round((counts.records - this.before.records) / seconds);
    const isNew = pass !== this.pass;
    this.pass = pass;
    const shown = { pass: pass.padEnd('histories'.length), rate, findings };
    if (this.bar !== undefined) {
      if (isNew) this.bar.start(PERCENT, percentage, shown);
      else this.bar.update(percentage, shown);
      return;
    }
    if (!isNew && Date.now() - this.saidMs < LINE_INTERVAL_MS) return;
    this.saidMs = Date.now();
    this.terminal.message(`${pass} ${percentage}%, ${findings} findings`);
  }

  stop(): void {
    this.bar?.stop();
  }
}
