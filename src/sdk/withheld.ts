/** Items of lists that the caller may not read: their places are told, so that nothing is silently left out. */
import type { Withheld } from './resources.js';

export function isWithheld(item: object): item is Withheld {
  return 'withheld' in item;
}

/** The items of a page that the caller may read. */
export function readableItems<Item extends object>(
  items: readonly Item[],
): readonly Exclude<Item, Withheld>[] {
  return items.filter((item): item is Exclude<Item, Withheld> => !isWithheld(item));
}
