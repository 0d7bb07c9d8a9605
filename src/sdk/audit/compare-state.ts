/**
 * The states of two nodes held against each other entry by entry, in the order of key digests, while both go on. A difference
 * counts when both have shown their value at one height; what merely one of them has not executed yet does not.
 */
import { stateKeyText } from '../../protocol/state/state-key.js';
import { CountersignError } from '../countersign-error.js';
import { pause } from '../http-exchange.js';
import type { AuditStateItem, AuditStatePage } from './audit-resources.js';
import type { ComparedNode, KeyDifference, SeenValue } from './ledger-comparison.js';

type Pair<Value> = readonly [Value, Value];

export interface StateComparison {
  readonly keys: readonly KeyDifference[];
  readonly keysTruncated: boolean;
  readonly unsettled: readonly string[];
  readonly entries: number;
}

export interface StateComparisonOptions {
  /** At most so many differing keys. */
  readonly keysMax: number;
  readonly onEntries?: (entries: number) => void;
}

const PAGE = 1_000;
/** Suspicions that are looked into together. */
const SUSPICIONS_MAX = 100;
/** How often a key is looked at again before it counts as one that keeps changing. */
const LOOKS_MAX = 40;
const LOOK_EVERY_MS = 250;
const DIGEST = /^[0-9a-f]{64}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** Two answers about one key. */
interface Suspicion {
  readonly keyDigest: string;
  readonly key: string;
  seen: Pair<SeenValue>;
}

function checkedItems({ items }: AuditStatePage, after: string): readonly AuditStateItem[] {
  let previous = after;
  for (const { keyDigest, key, valueDigest } of items) {
    if (!DIGEST.test(keyDigest) || !DIGEST.test(valueDigest) || !HEX.test(key) || keyDigest <= previous)
      throw new CountersignError(
        'RESPONSE_MALFORMED',
        'the node lists its state out of order, or not as digests',
      );
    previous = keyDigest;
  }
  return items;
}

/** One node's entries in their order. */
class StateCursor {
  asOfHeight = 0;
  private items: readonly AuditStateItem[] = [];
  private at = 0;
  private after = '';
  private isLast = false;

  constructor(private readonly node: ComparedNode) {}

  async peek(): Promise<AuditStateItem | undefined> {
    if (this.at < this.items.length || this.isLast) return this.items[this.at];
    const page = await this.node.audit.state({
      limit: PAGE,
      ...(this.after === '' ? {} : { after: this.after }),
    });
    this.items = checkedItems(page, this.after);
    this.at = 0;
    this.after = this.items.at(-1)?.keyDigest ?? this.after;
    this.isLast = page.items.length < PAGE;
    this.asOfHeight = page.asOfHeight;
    return this.items[0];
  }

  advance(): void {
    this.at += 1;
  }

  seen(valueDigest: string | undefined): SeenValue {
    return { valueDigest, fromHeight: this.asOfHeight, toHeight: this.asOfHeight };
  }
}

/** The digest right before this one. */
function digestBefore(digest: string): string | undefined {
  const value = BigInt(`0x${digest}`);
  return value === 0n ? undefined : (value - 1n).toString(16).padStart(64, '0');
}

async function lookAgain(
  node: ComparedNode,
  { keyDigest, key }: Suspicion,
  before: SeenValue,
): Promise<SeenValue> {
  const after = digestBefore(keyDigest);
  const page = await node.audit.state({ limit: 1, ...(after === undefined ? {} : { after }) });
  const [item] = checkedItems(page, after ?? '');
  // An entry whose key was changed in place is another one.
  const valueDigest = item?.keyDigest === keyDigest && item.key === key ? item.valueDigest : undefined;
  return valueDigest === before.valueDigest
    ? { ...before, toHeight: Math.max(before.toHeight, page.asOfHeight) }
    : { valueDigest, fromHeight: page.asOfHeight, toHeight: page.asOfHeight };
}

/** True when there is a height at which each had the value that it has shown. */
function overlap([first, second]: Pair<SeenValue>): boolean {
  return Math.max(first.fromHeight, second.fromHeight) <= Math.min(first.toHeight, second.toHeight);
}

async function settle(
  nodes: Pair<ComparedNode>,
  suspicion: Suspicion,
): Promise<'equal' | 'different' | 'unsettled'> {
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    if (looks > 0) await pause(LOOK_EVERY_MS);
    const [first, second] = suspicion.seen;
    suspicion.seen = await Promise.all([
      lookAgain(nodes[0], suspicion, first),
      lookAgain(nodes[1], suspicion, second),
    ]);
    if (suspicion.seen[0].valueDigest === suspicion.seen[1].valueDigest) return 'equal';
    if (overlap(suspicion.seen)) return 'different';
  }
  return 'unsettled';
}

class StateWalk {
  readonly keys: KeyDifference[] = [];
  readonly unsettled: string[] = [];
  entries = 0;
  private suspicions: Suspicion[] = [];
  private readonly cursors: Pair<StateCursor>;

  constructor(
    private readonly nodes: Pair<ComparedNode>,
    private readonly options: StateComparisonOptions,
  ) {
    this.cursors = [new StateCursor(nodes[0]), new StateCursor(nodes[1])];
  }

  private get isFull(): boolean {
    return this.keys.length >= this.options.keysMax;
  }

  /** True when it has seen everything, false when it has stopped at keysMax. */
  async run(): Promise<boolean> {
    const [left, right] = this.cursors;
    for (;;) {
      const [first, second] = await Promise.all([left.peek(), right.peek()]);
      if (first === undefined && second === undefined) break;
      const keyDigest =
        [first?.keyDigest, second?.keyDigest].filter((one) => one !== undefined).sort()[0] ?? '';
      const own = first?.keyDigest === keyDigest ? first : undefined;
      const other = second?.keyDigest === keyDigest ? second : undefined;
      this.hold(keyDigest, own, other);
      if (own !== undefined) left.advance();
      if (other !== undefined) right.advance();
      this.entries += 1;
      if (this.entries % PAGE === 0) this.options.onEntries?.(this.entries);
      if (this.suspicions.length >= SUSPICIONS_MAX) await this.settleAll();
      if (this.isFull) return false;
    }
    await this.settleAll();
    return !this.isFull;
  }

  private hold(keyDigest: string, own: AuditStateItem | undefined, other: AuditStateItem | undefined): void {
    const [left, right] = this.cursors;
    if (own?.valueDigest === other?.valueDigest && own?.key === other?.key) return;
    const suspect = (key: string, first?: AuditStateItem, second?: AuditStateItem): void => {
      const seen = [left.seen(first?.valueDigest), right.seen(second?.valueDigest)] as const;
      this.suspicions.push({ keyDigest, key, seen });
    };
    if (own !== undefined && (other === undefined || own.key === other.key)) suspect(own.key, own, other);
    else {
      if (own !== undefined) suspect(own.key, own);
      if (other !== undefined) suspect(other.key, undefined, other);
    }
  }

  private async settleAll(): Promise<void> {
    for (const suspicion of this.suspicions) {
      if (this.isFull) break;
      const verdict = await settle(this.nodes, suspicion);
      const key = stateKeyText(suspicion.key);
      const [first, second] = suspicion.seen;
      if (verdict === 'different') this.keys.push({ keyDigest: suspicion.keyDigest, key, first, second });
      if (verdict === 'unsettled' && this.unsettled.length < this.options.keysMax) this.unsettled.push(key);
    }
    this.suspicions = [];
  }
}

export async function compareState(
  nodes: Pair<ComparedNode>,
  options: StateComparisonOptions,
): Promise<StateComparison> {
  const walk = new StateWalk(nodes, options);
  const isWhole = await walk.run();
  const { keys, unsettled, entries } = walk;
  return { keys, unsettled, entries, keysTruncated: !isWhole };
}
