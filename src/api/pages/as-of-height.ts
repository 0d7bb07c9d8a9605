/** The height that a list is true for: the newest durable one, or the one that the caller names. */
import type { LedgerReader } from '../../node/ports.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { ProblemException } from '../problems/problem-exception.js';

/** Throws HEIGHT_NOT_REACHED. */
export async function readAsOfHeight(
  reader: Pick<LedgerReader, 'headHeight'>,
  atHeight: Height | undefined,
): Promise<Height> {
  const head = await reader.headHeight();
  if (atHeight === undefined) return head;
  if (atHeight > head) {
    const detail = `${atHeight} lies above the newest height ${head}`;
    throw new ProblemException('HEIGHT_NOT_REACHED', detail, [{ detail, parameter: 'atHeight' }]);
  }
  return atHeight;
}
