import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { certificateOf, GENESIS_HASH, testBlock } from '../../../../test/support/pbft/signed-messages.js';
import { addTip, dropCommittedTips, type Tip } from './tips.js';

const VIEW_MAX = 4;
const HEIGHT_MAX = 6;
const place = fc.record({ view: fc.nat(VIEW_MAX), height: fc.integer({ min: 1, max: HEIGHT_MAX }) });
/** By view and height. */
const certificates = Array.from({ length: VIEW_MAX + 1 }, (_, view) =>
  Array.from({ length: HEIGHT_MAX + 1 }, (__, height) =>
    certificateOf('prepare', testBlock(height, GENESIS_HASH), view),
  ),
);

function tipsOf(places: readonly { readonly view: number; readonly height: number }[]): readonly Tip[] {
  return places.reduce<readonly Tip[]>(
    (tips, { view, height }) => addTip(tips, certificates[view]![height]!),
    [],
  );
}

const dominates = (
  left: { view: number; height: number },
  right: { view: number; height: number },
): boolean => left.view >= right.view && left.height >= right.height;

describe('tips (PBFT-TIP-1)', () => {
  it('are the undominated ones of all that were ever added', () => {
    fc.assert(
      fc.property(fc.array(place, { maxLength: 12 }), (places) => {
        const tips = tipsOf(places);
        for (const added of places) expect(tips.some((tip) => dominates(tip, added))).toBe(true);
        for (const tip of tips) {
          expect(places.some(({ view, height }) => tip.view === view && tip.height === height)).toBe(true);
          expect(tips.filter((other) => dominates(other, tip))).toEqual([tip]);
        }
      }),
    );
  });

  it('end at the committed height', () => {
    const tips = tipsOf([
      { view: 2, height: 3 },
      { view: 1, height: 5 },
    ]);
    expect(dropCommittedTips(tips, 3).map(({ height }) => height)).toEqual([5]);
  });
});
