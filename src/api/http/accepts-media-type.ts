/** Whether an Accept header admits a media type (RFC 9110, 12.5.1): the most specific range that matches decides. */

function specificity(range: string, mediaType: string): number {
  if (range === mediaType) return 3;
  if (range === '*/*') return 1;
  return range.endsWith('/*') && mediaType.startsWith(range.slice(0, -1)) ? 2 : 0;
}

export function acceptsMediaType(accept: string | undefined, mediaType: string): boolean {
  if (accept === undefined || accept === '*/*' || accept === mediaType) return true;
  let best = 0;
  let accepted = false;
  for (const part of accept.toLowerCase().split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim());
    const matched = specificity(range, mediaType);
    if (matched <= best) continue;
    best = matched;
    accepted = !parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
  }
  return accepted;
}
