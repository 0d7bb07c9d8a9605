/**
 * Every history of records against the entry of the state that counts it. Both are read in the order of their digests, which is
 * that of both tables. A row of the state is read before the rows that it counts, together with the head of that moment: what
 * was appended meanwhile is told apart by its height, so no database transaction has to span the two reads.
 */
import {
  appendLeaf,
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  type MerkleFrontier,
} from '../../protocol/crypto/merkle/merkle-frontier.js';
import { subjectLeafHash } from '../../protocol/execution/apply-records.js';
import { bytesEqual, bytesToHex, compareBytes, hexToBytes } from '../../protocol/primitives/bytes.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { AuditContext } from '../audit-context.js';
import { stateEntryName } from '../state-entry-name.js';
import type { StoredEntry, StoredHistory } from '../stored-rows.js';
import { readAhead } from './read-ahead.js';
import { reportEntry } from '../report-entry.js';
import { SubjectNodesCheck } from './subject-nodes-check.js';

const STATE_ENTRIES_PER_READ = 4_000;
const ENTRIES_PER_READ = 4_000;
/** Between them others may have the processor. */
const ENTRIES_PER_TURN = 50;
const DIGEST_VALUES = 2 ** 32;

/** One history as its rows come. */
class HistoryCheck {
  private frontier = EMPTY_FRONTIER;
  private readonly counted: MerkleFrontier | undefined;
  private heights: Height[] = [];
  private isFlawed = false;

  constructor(
    private readonly context: AuditContext,
    readonly history: StoredHistory,
    private readonly asOfHeight: Height,
    private readonly nodes: SubjectNodesCheck,
  ) {
    this.counted = decodeFrontier(history.value);
    if (this.counted !== undefined) return;
    this.isFlawed = true;
    context.findings.add({
      table: 'state',
      row: { key: stateEntryName(history.key), key_digest: bytesToHex(history.keyDigest) },
      heights: [],
      problem: 'the entry that counts a history cannot be read',
      expected: 'a frontier',
      found: bytesToHex(history.value),
    });
  }

  add(entry: StoredEntry): void {
    const { sequence, recordDigest } = entry;
    if (this.counted === undefined || this.isFlawed) return;
    if (sequence >= this.counted.size) {
      // Appended after the state was read, unless it is of a height that the state knew.
      if (entry.height > this.asOfHeight) return;
      const problem = `the state counts ${this.counted.size} entries in this history`;
      this.flaw(entry, problem, 'no row', `sequence ${sequence}`);
      return;
    }
    if (sequence !== this.frontier.size) {
      this.flaw(
        entry,
        'entries of this history are missing',
        `sequence ${this.frontier.size}`,
        `sequence ${sequence}`,
      );
      return;
    }
    const { frontier, completed } = appendLeaf(this.frontier, subjectLeafHash(recordDigest, entry));
    this.frontier = frontier;
    this.nodes.onCompleted(this.history.keyDigest, completed);
    if (this.heights.length < 8) this.heights.push(entry.height);
  }

  finish(): void {
    if (this.counted === undefined || this.isFlawed) return;
    const { keyDigest } = this.history;
    const row = { subject_digest: bytesToHex(keyDigest) };
    const heights = [...new Set(this.heights)];
    if (this.frontier.size !== this.counted.size) {
      this.context.findings.add({
        table: 'subject_entries',
        row: { ...row, sequence: this.frontier.size },
        heights,
        problem: 'the last entries of this history are missing',
        expected: `${this.counted.size} entries, as the state counts them`,
        found: `${this.frontier.size}`,
      });
      return;
    }
    if (bytesEqual(encodeFrontier(this.frontier), this.history.value)) {
      this.nodes.onSound(keyDigest);
      return;
    }
    this.context.findings.add({
      table: 'subject_entries',
      row,
      heights,
      problem: 'an entry of this history has another record or another place than the state has counted',
      expected: bytesToHex(this.history.value),
      found: bytesToHex(encodeFrontier(this.frontier)),
    });
  }

  private flaw(entry: StoredEntry, problem: string, expected: string, found: string): void {
    this.isFlawed = true;
    reportEntry(this.context, entry, problem, expected, found);
  }
}

/** The histories and entries of one range of digests, side by side. */
class RangeCheck {
  private next = 0;
  private open: HistoryCheck | undefined;

  constructor(
    private readonly context: AuditContext,
    private readonly histories: readonly StoredHistory[],
    private readonly asOfHeight: Height,
    private readonly nodes: SubjectNodesCheck,
  ) {}

  add(entry: StoredEntry): void {
    this.openUpTo(entry.subjectDigest);
    const { open } = this;
    if (open !== undefined && bytesEqual(open.history.keyDigest, entry.subjectDigest)) open.add(entry);
    else if (entry.height <= this.asOfHeight)
      reportEntry(this.context, entry, 'no entry of the state counts this history', 'no row', 'a row');
  }

  finish(): void {
    this.openUpTo(undefined);
    this.open?.finish();
  }

  private openUpTo(digest: Uint8Array | undefined): void {
    for (
      let history = this.histories[this.next];
      history !== undefined;
      history = this.histories[this.next]
    ) {
      if (digest !== undefined && compareBytes(history.keyDigest, digest) > 0) return;
      this.open?.finish();
      this.open = new HistoryCheck(this.context, history, this.asOfHeight, this.nodes);
      this.next++;
    }
  }
}

/** Resolves false when the audit is to stop. */
export async function auditHistories(
  context: AuditContext,
  resumedAfter: string | undefined,
): Promise<boolean> {
  let after = resumedAfter === undefined ? undefined : hexToBytes(resumedAfter);
  const { rows } = context;
  let page = readAhead(rows.readHistories(after, STATE_ENTRIES_PER_READ));
  for (;;) {
    const { asOfHeight, histories, upTo } = await page;
    if (upTo !== undefined) page = readAhead(rows.readHistories(upTo, STATE_ENTRIES_PER_READ));
    const nodes = new SubjectNodesCheck(context);
    const range = new RangeCheck(context, histories, asOfHeight, nodes);
    let cursor =
      after === undefined ? undefined : { subjectDigest: after, sequence: Number.MAX_SAFE_INTEGER };
    let chunk = readAhead(rows.readEntries(cursor, upTo, ENTRIES_PER_READ));
    for (let isLast = false; !isLast;) {
      const entries = await chunk;
      cursor = entries.at(-1);
      isLast = cursor === undefined || entries.length < ENTRIES_PER_READ;
      if (!isLast) chunk = readAhead(rows.readEntries(cursor, upTo, ENTRIES_PER_READ));
      for (let start = 0; start < entries.length; start += ENTRIES_PER_TURN) {
        const turn = entries.slice(start, start + ENTRIES_PER_TURN);
        if (!(await context.pace(turn.length))) return false;
        for (const entry of turn) range.add(entry);
      }
    }
    range.finish();
    await nodes.compare(after, upTo);
    if (upTo === undefined) return true;
    after = upTo;
    const done = new DataView(upTo.buffer, upTo.byteOffset).getUint32(0);
    context.reached({ pass: 'histories', afterHistory: bytesToHex(upTo) }, done, DIGEST_VALUES);
  }
}
