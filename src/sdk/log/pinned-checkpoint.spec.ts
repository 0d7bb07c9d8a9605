import { describe, expect, it } from '@jest/globals';
import {
  certifyEpochs,
  EPOCHS_GENESIS_BYTES as genesisBytes,
} from '../../../test/support/certified-epochs.js';
import { bytesToHex, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { verifyAgainstPin } from './pinned-checkpoint.js';

async function bench(last: readonly string[] = ['x']) {
  const { blocks, receipts, logProofs } = await certifyEpochs({ last });
  const stateAt = (height: number) => ({ height, root: blocks[height - 1]!.logRoot });
  const pinAt = async (height: number): Promise<string> => (await receipts.at(height))!.note;
  const proof = async (from: number, to: number): Promise<Uint8Array> => {
    const found = await logProofs.consistency(from, to);
    if ('certifiedHeight' in found) throw new Error('not countersigned');
    return utf8ToBytes(JSON.stringify({ ...found, path: found.path.map(bytesToHex) }));
  };
  return { stateAt, pinAt, proof, head: blocks.length };
}

describe('verifyAgainstPin', () => {
  it('takes the same height and root, and a proof for others, whichever is the older', async () => {
    const { stateAt, pinAt, proof, head } = await bench();
    expect(verifyAgainstPin(stateAt(5), await pinAt(5), genesisBytes, undefined)).toEqual({
      ok: true,
      value: stateAt(5),
    });
    for (const [height, pin] of [
      [3, head],
      [head, 3],
    ] as const) {
      const connecting = await proof(3, head);
      expect(verifyAgainstPin(stateAt(height), await pinAt(pin), genesisBytes, connecting)).toEqual({
        ok: true,
        value: stateAt(pin),
      });
    }
  });

  it('refuses another history, and decides nothing without a proof', async () => {
    const { stateAt, pinAt, proof, head } = await bench();
    const other = await bench(['y']);
    const refusalOf = (...asked: Parameters<typeof verifyAgainstPin>): string => {
      const result = verifyAgainstPin(...asked);
      return result.ok ? '' : `${result.rejection.code}: ${result.rejection.message}`;
    };
    const pin = await other.pinAt(head);
    expect(refusalOf(stateAt(head), pin, genesisBytes, undefined)).toMatch(
      /^PROOF_INVALID: .*different roots/,
    );
    expect(refusalOf(stateAt(3), await pinAt(5), genesisBytes, undefined)).toBe(
      'PROOF_INVALID: whether checkpoint 3 and the pinned one of height 5 are of one log is not decided without a proof; any node gives it at /v1/log/consistency?from=3&to=5',
    );
    const wrong = await proof(3, 6);
    expect(refusalOf(stateAt(3), await pinAt(5), genesisBytes, wrong)).toMatch(/is it from 3 to 5\?$/);
    for (const file of ['', '{}', 'null', '{"path":[7]}'])
      expect(refusalOf(stateAt(3), await pinAt(5), genesisBytes, utf8ToBytes(file))).toContain('no answer');
    expect(refusalOf(stateAt(3), 'no note', genesisBytes, undefined)).toMatch(/^NOTE_MALFORMED/);
    expect(refusalOf(stateAt(3), pin, utf8ToBytes('{}'), undefined)).toMatch(/^GENESIS_INVALID/);
  });
});
