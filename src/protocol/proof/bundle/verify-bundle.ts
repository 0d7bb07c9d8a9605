/**
 * Opens a bundle offline (BNDL-4): the genesis file is all that is trusted. It takes chunks of the file as they come, holds one
 * line at a time, and says at which line and height the file was changed, cut, or is another history's.
 */
import { parseGenesis, type Genesis } from '../../ledger/genesis.js';
import { bytesEqual } from '../../primitives/bytes.js';
import type {
  BlockHash,
  ChainId,
  Digest,
  Epoch,
  Height,
  OrganisationName,
  TimestampMs,
} from '../../primitives/identifiers.js';
import { accept, reject, type Rejection, type Result } from '../../primitives/rejection.js';
import {
  BUNDLE_HEAD_BYTES_MAX,
  BUNDLE_LINE_BYTES_MAX,
  decodeBundleLine,
  type BundleHead,
  type BundleLine,
} from './bundle-lines.js';
import { checkFollows, type BundlePlace } from './ledger-position.js';
import { LedgerWalk } from './ledger-walk.js';
import { LineSplitter } from './line-splitter.js';

export { checkFollows, type BundlePlace } from './ledger-position.js';
export { LineSplitter } from './line-splitter.js';
export { recordCountOf } from './record-count.js';

export interface VerifiedBundle {
  readonly chainId: ChainId;
  readonly from: Height;
  readonly to: Height;
  readonly blocks: number;
  readonly transactions: number;
  /** Of the transactions with outcome OK. */
  readonly records: number;
  /** Of block `to`. */
  readonly epoch: Epoch;
  /** Times of the first and of the last block. */
  readonly fromTimestampMs: TimestampMs;
  readonly toTimestampMs: TimestampMs;
  /** Of block `to`. */
  readonly blockHash: BlockHash;
  readonly checkpoint: { readonly height: Height; readonly root: Digest };
  /** Organisations whose lines stand under the checkpoint, in validator order. */
  readonly signers: readonly OrganisationName[];
  /** What a bundle that begins at `to` + 1 must stand on. */
  readonly end: BundlePlace;
}

/** Why a bundle is refused, and where. */
export interface BundleRefusal extends Rejection {
  /** 1 first. */
  readonly line: number;
  /** Of the block that the line is about; `undefined` in the first line. */
  readonly height: Height | undefined;
}

export interface BundleProgress {
  readonly lines: number;
  /** Of the last whole block. */
  readonly height: Height | undefined;
  readonly to: Height | undefined;
  readonly transactions: number;
  readonly records: number;
}

/** Where a torn file is cut so that it ends with a whole block, and what stands there. */
export interface ResumePoint extends BundlePlace {
  readonly bytes: number;
  readonly head: Pick<BundleHead, 'chainId' | 'from' | 'to'>;
  readonly counts: { readonly blocks: number; readonly transactions: number; readonly records: number };
}

const NEWLINE = 0x0a;

function checkHead(head: BundleHead, genesis: Genesis, document: Uint8Array): Result<undefined> {
  const mismatch = (message: string, field: string) => reject('BUNDLE_CHAIN_MISMATCH', message, field);
  if (head.chainId !== genesis.chainId)
    return mismatch(`it is of chain ${head.chainId}, the genesis file is of ${genesis.chainId}`, 'chainId');
  if (!bytesEqual(head.genesis, document))
    return mismatch('the genesis document inside is not the genesis file', 'genesis');
  if (head.from < 1 || head.to < head.from)
    return reject('BUNDLE_MALFORMED', `blocks ${head.from} to ${head.to} are none`, 'from');
  let subtrees = 0;
  for (let rest = head.from; rest > 0; rest = Math.floor(rest / 2)) subtrees += rest % 2;
  if (head.frontier.length !== subtrees) {
    const message = `a log of ${head.from} records has ${subtrees} perfect subtrees, not ${head.frontier.length}`;
    return reject('BUNDLE_MALFORMED', message, 'frontier');
  }
  return accept(undefined);
}

export class BundleVerifier {
  private readonly splitter = new LineSplitter();
  private readonly document: Uint8Array;
  private lines = 0;
  private consumedBytes = 0;
  /** Where the file may be cut, BundleVerifier.resume. */
  private boundary = { bytes: 0, lines: 0 };
  private refusal: BundleRefusal | undefined;
  private head: BundleHead | undefined;
  private walk: LedgerWalk | undefined;

  private constructor(
    private readonly genesis: Genesis,
    genesisBytes: Uint8Array,
    private readonly follows: BundlePlace | undefined,
  ) {
    this.document = genesisBytes.at(-1) === NEWLINE ? genesisBytes.subarray(0, -1) : genesisBytes;
  }

  /** `follows` is the `end` of the bundle before this one. Refusals: those of parseGenesis. */
  static create(genesisBytes: Uint8Array, follows?: BundlePlace): Result<BundleVerifier> {
    const genesis = parseGenesis(genesisBytes);
    return genesis.ok ? accept(new BundleVerifier(genesis.value, genesisBytes, follows)) : genesis;
  }

  get progress(): BundleProgress {
    const position = this.walk?.position;
    return {
      lines: this.lines,
      height: position?.height,
      to: this.head?.to,
      transactions: position?.transactions ?? 0,
      records: position?.records ?? 0,
    };
  }

  get isEnded(): boolean {
    return this.walk?.endProof !== undefined;
  }

  /** The next bytes of the file, cut anywhere. After a refusal nothing else is looked at. */
  push(chunk: Uint8Array): BundleRefusal | undefined {
    if (this.refusal !== undefined) return this.refusal;
    const limit = () => (this.head === undefined ? BUNDLE_HEAD_BYTES_MAX : BUNDLE_LINE_BYTES_MAX);
    const wentOn = this.splitter.push(chunk, limit, (line) => this.takeLine(line));
    if (wentOn) return undefined;
    return this.refusalOfLine() ?? this.refuseLength(limit());
  }

  /** Taking a line may have refused it, which control flow analysis does not see. */
  private refusalOfLine(): BundleRefusal | undefined {
    return this.refusal;
  }

  private refuseLength(limit: number): BundleRefusal | undefined {
    this.lines += 1;
    this.refuse({ code: 'BUNDLE_MALFORMED', message: `the line is longer than ${limit} bytes` });
    return this.refusal;
  }

  /** The file has ended. Refusal: the one before, or BUNDLE_TRUNCATED. */
  finish(): Result<VerifiedBundle> {
    if (this.refusal === undefined && this.splitter.heldBytes > 0) {
      this.lines += 1;
      this.refuse({
        code: 'BUNDLE_TRUNCATED',
        message: `the file ends in the middle of a line; missing: ${this.missing()}`,
      });
    }
    const { head, walk } = this;
    if (this.refusal === undefined && walk?.endProof === undefined)
      this.refuse({ code: 'BUNDLE_TRUNCATED', message: `the file ends early; missing: ${this.missing()}` });
    if (this.refusal !== undefined) return { ok: false, rejection: this.refusal };
    return this.verified(head, walk);
  }

  /**
   * For a file that was cut while it was written: forgets what follows its last whole block, and says where that ends. What
   * comes next is the line after it. `undefined` when not even one block is there.
   */
  resume(): ResumePoint | undefined {
    const { head, walk, boundary } = this;
    if (this.refusal !== undefined || head === undefined || walk === undefined || boundary.bytes === 0)
      return undefined;
    walk.rewind();
    this.splitter.clear();
    this.lines = boundary.lines;
    this.consumedBytes = boundary.bytes;
    const { height, blockHash, log, blocks, transactions, records } = walk.position;
    return { bytes: boundary.bytes, head, height, blockHash, log, counts: { blocks, transactions, records } };
  }

  private verified(head: BundleHead | undefined, walk: LedgerWalk | undefined): Result<VerifiedBundle> {
    const proof = walk?.endProof;
    if (head === undefined || walk === undefined || proof === undefined)
      return reject('BUNDLE_TRUNCATED', 'the bundle is empty');
    const { position } = walk;
    const { height, blockHash, log, timestampMs, blocks, transactions, records, epoch } = position;
    return accept({
      ...{ chainId: head.chainId, from: head.from, to: head.to, blocks, transactions, records },
      epoch,
      ...{ fromTimestampMs: walk.firstTimestampMs, toTimestampMs: timestampMs, blockHash, ...proof },
      end: { height, blockHash, log },
    });
  }

  private missing(): string {
    return this.walk?.missing ?? 'its first line';
  }

  private refuse(rejection: Rejection): false {
    const height = this.walk?.height;
    const place = height === undefined ? `line ${this.lines}` : `line ${this.lines}, block ${height}`;
    const message = `${place}: ${rejection.message}`;
    this.refusal = { ...rejection, message, line: this.lines, height };
    return false;
  }

  private takeLine(bytes: Uint8Array): boolean {
    this.lines += 1;
    this.consumedBytes += bytes.length + 1;
    const decoded = decodeBundleLine(bytes);
    if (!decoded.ok) return this.refuse(decoded.rejection);
    const taken = this.take(decoded.value);
    if (!taken.ok) return this.refuse(taken.rejection);
    const { walk } = this;
    // The position changes with a whole block, and with nothing else once there is one.
    if (walk !== undefined && walk.position.blocks > 0 && walk.isBetweenBlocks)
      this.boundary = { bytes: this.consumedBytes, lines: this.lines };
    return true;
  }

  private take(line: BundleLine): Result<undefined> {
    if (this.walk === undefined) {
      if (line.kind !== 'bundle') {
        const message = `a line of the kind ${line.kind} stands where the first line of a bundle should be`;
        return reject('BUNDLE_LINE_UNEXPECTED', message);
      }
      return this.takeHead(line);
    }
    if (line.kind !== 'bundle') return this.walk.take(line);
    return reject('BUNDLE_LINE_UNEXPECTED', 'a second first line: check bundles one after the other');
  }

  private takeHead(head: BundleHead): Result<undefined> {
    const own = checkHead(head, this.genesis, this.document);
    if (!own.ok) return own;
    const placed = this.follows === undefined ? own : checkFollows(head, this.follows);
    if (!placed.ok) return placed;
    this.head = head;
    this.walk = new LedgerWalk(this.genesis, head);
    return accept(undefined);
  }
}
