/**
 * The rest of a bundle whose file was cut: the node is asked for the blocks after the last whole one, as a bundle of its own. Its
 * beginning must be what the file ended with; its blocks follow as they are, and its last line counts the whole file.
 */
import { concatBytes, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import {
  BUNDLE_HEAD_BYTES_MAX,
  decodeBundleLine,
  encodeBundleLine,
  type BundleLine,
} from '../../protocol/proof/bundle/bundle-lines.js';
import { checkFollows, LineSplitter, type ResumePoint } from '../../protocol/proof/bundle/verify-bundle.js';
import { VerificationError } from '../exit-code.js';

const END = '{"end":';
const HISTORY = '{"history":';
const LINE_FEED = Uint8Array.of(0x0a);

function begins(line: Uint8Array, prefix: string): boolean {
  return new TextDecoder().decode(line.subarray(0, prefix.length)) === prefix;
}

export class Continuation {
  /** All blocks are there, and the node can only be asked for a bundle that repeats the last one. */
  readonly needsEndAlone: boolean;
  private readonly splitter = new LineSplitter();
  private hasBegun = false;

  constructor(private readonly point: ResumePoint) {
    this.needsEndAlone = point.height === point.head.to;
  }

  /** What to ask the node for. */
  get range(): { readonly from: number; readonly to: number } {
    const { height, head } = this.point;
    return { from: Math.min(height + 1, head.to), to: head.to };
  }

  /** What of the node's answer belongs behind the file. Throws VerificationError when it is not the rest of it. */
  rest(chunk: Uint8Array): Uint8Array {
    const kept: Uint8Array[] = [];
    const fits = this.splitter.push(
      chunk,
      () => BUNDLE_HEAD_BYTES_MAX,
      (line) => {
        kept.push(...this.keep(line));
        return true;
      },
    );
    if (!fits) throw new VerificationError('BUNDLE_MALFORMED', 'the node sends a line that is too long');
    return concatBytes(...kept);
  }

  private keep(line: Uint8Array): readonly Uint8Array[] {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.checkHead(this.decoded(line));
      return [];
    }
    if (begins(line, HISTORY)) return [];
    if (begins(line, END)) return [this.endOf(this.decoded(line))];
    return this.needsEndAlone ? [] : [line.slice(), LINE_FEED];
  }

  private decoded(line: Uint8Array): BundleLine {
    const decoded = decodeBundleLine(line);
    if (decoded.ok) return decoded.value;
    throw new VerificationError(
      decoded.rejection.code,
      `the node sends no bundle: ${decoded.rejection.message}`,
    );
  }

  private checkHead(head: BundleLine): void {
    const { point } = this;
    if (head.kind !== 'bundle' || head.chainId !== point.head.chainId)
      throw new VerificationError('BUNDLE_CHAIN_MISMATCH', 'the node is of another ledger than the file');
    const follows = this.needsEndAlone ? undefined : checkFollows(head, point);
    if (follows?.ok === false) {
      const { code, message } = follows.rejection;
      throw new VerificationError(code, `the node does not continue the file: ${message}`);
    }
  }

  private endOf(line: BundleLine): Uint8Array {
    if (line.kind !== 'end') return utf8ToBytes('');
    const { counts } = this.point;
    const own = this.needsEndAlone ? { blocks: 0, transactions: 0, records: 0 } : line;
    return encodeBundleLine({
      ...line,
      blocks: counts.blocks + own.blocks,
      transactions: counts.transactions + own.transactions,
      records: counts.records + own.records,
    });
  }
}
