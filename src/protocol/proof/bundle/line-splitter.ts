/** Lines out of chunks, a line at a time; what is kept is the beginning of one line, and its length has a bound. */
const LINE_FEED = 0x0a;

export class LineSplitter {
  private parts: Uint8Array[] = [];
  private held = 0;

  /** Bytes of a line that has begun and not ended. */
  get heldBytes(): number {
    return this.held;
  }

  /**
   * Calls `onLine` with each line that the chunk ends, without its line feed; the bytes are good until it returns. `onLine` gives
   * false to stop. False when it did, or when a line is longer than `lineBytesMax()`.
   */
  push(chunk: Uint8Array, lineBytesMax: () => number, onLine: (line: Uint8Array) => boolean): boolean {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      const part = chunk.subarray(start, end < 0 ? chunk.length : end);
      if (this.held + part.length > lineBytesMax()) return false;
      if (end < 0) {
        // A copy: the chunk is its sender's again after the call.
        if (part.length > 0) this.parts.push(part.slice());
        this.held += part.length;
        return true;
      }
      if (!onLine(this.join(part))) return false;
      start = end + 1;
    }
  }

  clear(): void {
    this.parts = [];
    this.held = 0;
  }

  private join(last: Uint8Array): Uint8Array {
    if (this.held === 0) return last;
    const line = new Uint8Array(this.held + last.length);
    let offset = 0;
    for (const part of [...this.parts, last]) {
      line.set(part, offset);
      offset += part.length;
    }
    this.clear();
    return line;
  }
}
