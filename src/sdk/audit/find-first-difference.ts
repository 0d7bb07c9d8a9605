/**
 * The lowest height at which two nodes disagree, by bisection over the roots of their result logs: a root commits to
 * everything up to its height, so that some twenty pairs of answers suffice for a million blocks.
 */
import { decodeHeader, type BlockHeader } from '../../protocol/ledger/block-header.js';
import { decodeResultRecord, type ResultRecord } from '../../protocol/ledger/result-record.js';
import { parseBase64 } from '../../protocol/primitives/base64.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { Outcome } from '../../protocol/ledger/outcome.js';
import { isWithheld } from '../withheld.js';
import type { AuditResultResource } from './audit-resources.js';
import type {
  ComparedNode,
  FieldDifference,
  HeightDifference,
  OutcomeDifference,
} from './ledger-comparison.js';

const PAGE = 200;

type Pair<Value> = readonly [Value, Value];

async function resultsAt(
  [first, second]: Pair<ComparedNode>,
  height: Height,
): Promise<Pair<AuditResultResource>> {
  return Promise.all([first.audit.result(height), second.audit.result(height)]);
}

function isEqual([first, second]: Pair<AuditResultResource>): boolean {
  return (
    first.logRoot === second.logRoot &&
    first.resultRecord === second.resultRecord &&
    first.header === second.header
  );
}

/** Fields by name, as far as the bytes decode; the bytes themselves where they do not. */
function fieldsOf(
  prefix: string,
  base64: string | undefined,
  decoded: object | undefined,
): ReadonlyMap<string, string> {
  if (decoded === undefined) return new Map([[prefix, base64 ?? 'none']]);
  return new Map(Object.entries(decoded).map(([name, value]) => [`${prefix}.${name}`, String(value)]));
}

function headerOf(base64: string | undefined): BlockHeader | undefined {
  const bytes = base64 === undefined ? undefined : parseBase64(base64);
  const header = bytes && decodeHeader(bytes);
  return header?.ok === true ? header.value : undefined;
}

function recordOf(base64: string): ResultRecord | undefined {
  const bytes = parseBase64(base64);
  const record = bytes && decodeResultRecord(bytes);
  return record?.ok === true ? record.value : undefined;
}

function allFields({ header, resultRecord, logRoot }: AuditResultResource): ReadonlyMap<string, string> {
  return new Map([
    ...fieldsOf('header', header, headerOf(header)),
    ...fieldsOf('result', resultRecord, recordOf(resultRecord)),
    ['logRoot', logRoot],
  ]);
}

function fieldDifferences([first, second]: Pair<AuditResultResource>): readonly FieldDifference[] {
  const [left, right] = [allFields(first), allFields(second)];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names]
    .map((field) => ({ field, first: left.get(field) ?? 'none', second: right.get(field) ?? 'none' }))
    .filter((one) => one.first !== one.second);
}

type ListedOutcome = {
  readonly id: string;
  readonly outcome: { readonly code: Outcome['code']; readonly failure?: string };
};

function outcomeText({ id, outcome }: ListedOutcome): string {
  const detail = outcome.failure === undefined ? '' : `(${outcome.failure})`;
  return `${id} ${outcome.code}${detail}`;
}

async function outcomesAt(node: ComparedNode, height: Height): Promise<readonly string[]> {
  const outcomes: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await node.transactions({
      height,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const item of page.items) outcomes.push(isWithheld(item) ? 'withheld' : outcomeText(item));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return outcomes;
}

async function outcomeDifferences(
  nodes: Pair<ComparedNode>,
  height: Height,
): Promise<readonly OutcomeDifference[]> {
  if (height === 0) return [];
  const [first, second] = await Promise.all([outcomesAt(nodes[0], height), outcomesAt(nodes[1], height)]);
  const count = Math.max(first.length, second.length);
  return Array.from({ length: count }, (_, index) => ({
    index,
    first: first[index],
    second: second[index],
  })).filter((one) => one.first !== one.second);
}

/** `undefined` when both agree on everything up to `height`, which both have. */
export async function findFirstDifference(
  nodes: Pair<ComparedNode>,
  height: Height,
): Promise<HeightDifference | undefined> {
  let differing = await resultsAt(nodes, height);
  if (isEqual(differing)) return undefined;
  let above = height;
  let below = -1;
  while (above - below > 1) {
    const middle = Math.floor((above + below) / 2);
    const found = await resultsAt(nodes, middle);
    if (isEqual(found)) below = middle;
    else {
      above = middle;
      differing = found;
    }
  }
  return {
    height: above,
    fields: fieldDifferences(differing),
    outcomes: await outcomeDifferences(nodes, above),
  };
}
