/** Entries of the state in the order of their keys: of those kinds that the index state_members has, and of no others. */
import type { StateEntry, StatePage, StatePageBounds } from '../../node/ports.js';
import { bytesToHex, hexToBytes } from '../../protocol/primitives/bytes.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { STATE_KIND_NUMBER, type StateKey, type StateKind } from '../../protocol/state/state-key.js';
import type { ReadPool, Statement } from '../connection/read-pool.js';

const LISTED_KINDS: readonly StateKind[] = [
  'organisation',
  'identity',
  'signer',
  'validators',
  'motion',
  'governance',
  'credential',
  'readers',
];

/** The condition is that of the index, word for word, or it is not used. */
const LIST_STATE: Statement = {
  name: 'list-state',
  text: `SELECT head.height, page.key, page.value
         FROM (SELECT max(height) AS height FROM ledger.blocks) AS head
         LEFT JOIN (
           SELECT key, value FROM ledger.state
           WHERE get_byte(key, 0) IN (2, 3, 4, 7, 8, 10, 11, 13) AND key >= $1 AND key < $2 ORDER BY key LIMIT $3
         ) AS page ON true
         ORDER BY page.key`,
};

/** The first bytes above all that begin with `prefix`. */
function endOf(prefix: Uint8Array): Uint8Array {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  invariant(last >= 0, 'a state key begins with its kind, which is below 255');
  const end = prefix.slice(0, last + 1);
  end.set([(prefix[last] ?? 0) + 1], last);
  return end;
}

export async function listState(
  pool: ReadPool,
  prefix: StateKey,
  { after, limit }: StatePageBounds,
): Promise<StatePage> {
  const start = hexToBytes(prefix);
  invariant(
    LISTED_KINDS.some((kind) => STATE_KIND_NUMBER[kind] === start[0]),
    `entries of kind ${start[0] ?? 'none'} are not listed`,
  );
  // The next key after a key is the same with a zero byte behind it.
  const from = after === undefined ? start : hexToBytes(`${after}00`);
  const rows = await pool.read<{ height: number; key: Uint8Array | null; value: Uint8Array | null }>(
    'list the state',
    LIST_STATE,
    [from, endOf(start), limit],
  );
  const entries = rows.flatMap(({ key, value }): readonly StateEntry[] =>
    key === null || value === null ? [] : [{ key: bytesToHex(key) as StateKey, value }],
  );
  return { asOfHeight: rows[0]?.height ?? 0, entries };
}
