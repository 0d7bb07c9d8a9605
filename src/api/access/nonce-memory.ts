/**
 * Nonces of requests that were accepted, each until its request would be too old anyway: the same request twice is refused.
 * Two generations of equal length, so that forgetting costs nothing: a nonce lives for at least one window. Nobody fills it
 * for others: each owner has a share.
 */
export interface NonceLimits {
  readonly windowMs: number;
  readonly entriesMax: number;
  /** Of one owner, in one generation. */
  readonly ownerEntriesMax: number;
}

/** Owner → nonces. */
type Generation = Map<string, Set<string>>;

export class NonceMemory {
  private young: Generation = new Map();
  private old: Generation = new Map();
  private youngCount = 0;
  private oldCount = 0;
  private turnedAtMs: number;

  constructor(
    private readonly limits: NonceLimits,
    nowMs: number,
  ) {
    this.turnedAtMs = nowMs;
  }

  /** `full`: nothing was remembered, the request must wait. Time never runs backwards in `nowMs`. */
  add(owner: string, nonce: string, nowMs: number): 'new' | 'known' | 'full' {
    this.turn(nowMs);
    const own = this.young.get(owner);
    if (own?.has(nonce) === true || this.old.get(owner)?.has(nonce) === true) return 'known';
    const isFull = this.youngCount + this.oldCount >= this.limits.entriesMax;
    if (isFull || (own?.size ?? 0) >= this.limits.ownerEntriesMax) return 'full';
    if (own === undefined) this.young.set(owner, new Set([nonce]));
    else own.add(nonce);
    this.youngCount += 1;
    return 'new';
  }

  private turn(nowMs: number): void {
    const age = nowMs - this.turnedAtMs;
    if (age < this.limits.windowMs) return;
    const isOver = age >= 2 * this.limits.windowMs;
    this.old = isOver ? new Map<string, Set<string>>() : this.young;
    this.oldCount = isOver ? 0 : this.youngCount;
    this.young = new Map();
    this.youngCount = 0;
    this.turnedAtMs = nowMs;
  }
}
