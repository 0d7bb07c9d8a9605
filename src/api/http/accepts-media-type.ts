/** Which media types an Accept header admits (RFC 9110, 12.5.1): for each the most specific range that matches decides. */

function specificity(range: string, mediaType: string): number {
  if (range === mediaType) return 3;
  if (range === '*/*') return 1;
  return range.endsWith('/*') && mediaType.startsWith(range.slice(0, -1)) ? 2 : 0;
}

/** Weight in thousandths; a weight that is none counts as 1. */
function weightOf(parameters: readonly string[]): number {
  const named = parameters.find((parameter) => /^q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/.test(parameter));
  return named === undefined ? 1_000 : Math.round(1_000 * Number(named.slice(2)));
}

/** 0: not admitted. */
function preference(accept: string, mediaType: string): number {
  let best = 0;
  let weight = 0;
  for (const part of accept.toLowerCase().split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim());
    const matched = specificity(range, mediaType);
    if (matched <= best) continue;
    best = matched;
    weight = weightOf(parameters);
  }
  return weight;
}

export function acceptsMediaType(accept: string | undefined, mediaType: string): boolean {
  if (accept === undefined || accept === '*/*' || accept === mediaType) return true;
  return preference(accept, mediaType) > 0;
}

/** The one that the header likes best, the first of those that it likes alike; `undefined` when it admits none. */
export function chooseMediaType<MediaType extends string>(
  accept: string | undefined,
  offered: readonly MediaType[],
): MediaType | undefined {
  if (accept === undefined) return offered[0];
  let chosen: MediaType | undefined;
  let most = 0;
  for (const mediaType of offered) {
    const liked = preference(accept, mediaType);
    if (liked <= most) continue;
    most = liked;
    chosen = mediaType;
  }
  return chosen;
}
