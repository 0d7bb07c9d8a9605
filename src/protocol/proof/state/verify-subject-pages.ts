/**
 * Several pages of one subject together (HIST-5). They must be of the very same history: whoever fetches them names one height.
 * Whether nothing is missing between and around them is part of the answer.
 */
import type { ChainId, Height } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import {
  verifySubjectHistory,
  type VerifiedHistoryEntry,
  type VerifiedSubjectHistory,
} from './verify-subject-history.js';

export interface VerifiedSubjectPages {
  readonly chainId: ChainId;
  readonly subject: string;
  /** The history is as of this height, the highest of the pages: it is the same at all of theirs. */
  readonly height: Height;
  /** Length of the whole history. */
  readonly count: number;
  /** Of all pages, in the order of the ledger. */
  readonly entries: readonly VerifiedHistoryEntry[];
  /** Positions [from, to) that no page has. */
  readonly missing: readonly { readonly from: number; readonly to: number }[];
  /** Nothing is missing. */
  readonly isWhole: boolean;
}

function findDifference(first: VerifiedSubjectHistory, page: VerifiedSubjectHistory): string | undefined {
  if (page.subject !== first.subject) return `it is of ${page.subject}, the first of ${first.subject}`;
  if (page.count !== first.count || page.historyRoot !== first.historyRoot)
    return (
      `it is of ${page.count} records as of height ${page.height}, the first of ${first.count} as of height ${first.height}; ` +
      'fetch all pages as of one height'
    );
  return undefined;
}

/**
 * Verifies each page as verifySubjectHistory does, and joins them, in whatever order they come. Refusals: those of a page, with
 * its number; HISTORY_INVALID when they do not belong together or overlap, or when there is none.
 */
export function verifySubjectPages(
  pageBytes: readonly Uint8Array[],
  genesisBytes: Uint8Array,
): Result<VerifiedSubjectPages> {
  const pages: VerifiedSubjectHistory[] = [];
  for (const [index, bytes] of pageBytes.entries()) {
    const page = verifySubjectHistory(bytes, genesisBytes);
    if (!page.ok) {
      const { code, message, field } = page.rejection;
      return pageBytes.length === 1 ? page : reject(code, `page ${index + 1}: ${message}`, field);
    }
    const difference = findDifference(pages[0] ?? page.value, page.value);
    if (difference !== undefined) return reject('HISTORY_INVALID', `page ${index + 1}: ${difference}`);
    pages.push(page.value);
  }
  const [first] = pages;
  if (first === undefined) return reject('HISTORY_INVALID', 'there is no page; name one at least');
  pages.sort((left, right) => left.from - right.from);
  const missing: { from: number; to: number }[] = [];
  let next = 0;
  for (const { from, entries } of pages) {
    if (from < next) return reject('HISTORY_INVALID', `two pages have entry ${from}; name each page once`);
    if (from > next) missing.push({ from: next, to: from });
    next = from + entries.length;
  }
  const { chainId, subject, count } = first;
  if (next < count) missing.push({ from: next, to: count });
  const height = pages.reduce((highest, page) => Math.max(highest, page.height), 0);
  const entries = pages.flatMap((page) => page.entries);
  return accept({ chainId, subject, height, count, entries, missing, isWhole: missing.length === 0 });
}
