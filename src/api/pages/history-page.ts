/** A page of a history of commands, as of the durable head. */
import type { HistoryEntry, HistoryPage, LedgerReader } from '../../node/ports.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { decodeCursor, encodeCursor } from './cursor.js';

export interface CommandPage {
  readonly total: number;
  readonly asOfHeight: Height;
  readonly items: readonly HistoryEntry[];
  readonly nextCursor?: string;
}

/** Throws CURSOR_INVALID. */
export async function readHistoryPage(
  reader: Pick<LedgerReader, 'headHeight'>,
  list: string,
  cursor: string | undefined,
  read: (from: number) => Promise<HistoryPage>,
): Promise<CommandPage> {
  const from = cursor === undefined ? 0 : (decodeCursor(cursor, list, 1)[0] ?? 0);
  const asOfHeight = await reader.headHeight();
  const { total, entries } = await read(from);
  const items = entries.filter(({ height }) => height <= asOfHeight);
  const next = from + items.length;
  const isLast = next >= total || items.length < entries.length;
  return { total, asOfHeight, items, ...(isLast ? {} : { nextCursor: encodeCursor(list, [next]) }) };
}
