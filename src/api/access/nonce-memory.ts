/**
 * Nonces of requests that were accepted, each until its request would be too old anyway: the same request twice is refused.
 * Two generations of equal length, so that forgetting costs nothing: a nonce lives for at least one window.
 */
export class NonceMemory {
  private young = new Set<string>();
  private old = new Set<string>();
  private turnedAtMs: number;

  constructor(
    private readonly settings: { readonly windowMs: number; readonly entriesMax: number },
    nowMs: number,
  ) {
    this.turnedAtMs = nowMs;
  }

  /** `full`: nothing was remembered, the request must wait. Time never runs backwards in `nowMs`. */
  add(nonce: string, nowMs: number): 'new' | 'known' | 'full' {
    this.turn(nowMs);
    if (this.young.has(nonce) || this.old.has(nonce)) return 'known';
    if (this.young.size + this.old.size >= this.settings.entriesMax) return 'full';
    this.young.add(nonce);
    return 'new';
  }

  private turn(nowMs: number): void {
    const age = nowMs - this.turnedAtMs;
    if (age < this.settings.windowMs) return;
    this.old = age < 2 * this.settings.windowMs ? this.young : new Set();
    this.young = new Set();
    this.turnedAtMs = nowMs;
  }
}
