/**
 * The lines of a bundle (BNDL-1 … BNDL-3): blocks with everything that proves them, one JSON object to a line, each its own
 * RFC 8785 form, so that a file of any length is written and read a line at a time.
 */
import type { ValidatorSet } from '../../ledger/validator-set.js';
import type { SignerSignature } from '../../pbft/certificate.js';
import { bytesToBase64 } from '../../primitives/base64.js';
import { bytesEqual, bytesToHex, parseUtf8, utf8ToBytes } from '../../primitives/bytes.js';
import type { BlockHash, ChainId, Height, View } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import { CanonicalJsonFlaw, formatCanonicalJson, type CanonicalValue } from '../canonical-json.js';
import {
  epochChangeToJson,
  pathToJson,
  validatorsToJson,
  type EpochChange,
} from '../countersigned/countersigned-result.js';
import { ProofFileReader } from '../countersigned/proof-file.js';

export const BUNDLE_FORMAT = 'countersign-bundle/v1';

/** The first line holds the genesis document, 16 MiB at most, in base64, and 53 hashes. */
export const BUNDLE_HEAD_BYTES_MAX = 24 * 1024 * 1024;
/** Any other: a transaction of 1 MiB in base64 is the longest; an epoch of 100 validators takes about 40 KiB. */
export const BUNDLE_LINE_BYTES_MAX = 2 * 1024 * 1024;

/** First line: what the blocks that follow stand on. */
export interface BundleHead {
  readonly kind: 'bundle';
  readonly chainId: ChainId;
  /** The genesis document without a newline; a verifier compares it with its own and believes it in nothing. */
  readonly genesis: Uint8Array;
  readonly from: Height;
  readonly to: Height;
  /** Hash of block `from` − 1; zero for genesis. */
  readonly parentHash: BlockHash;
  /** Roots of the perfect subtrees of the result log before `from`, largest first: of `from` leaves, genesis among them. */
  readonly frontier: readonly Uint8Array[];
}

/** An epoch that ended before `from`; its `logPath` leads to the root of the log of `from` leaves. */
export interface BundleHistory {
  readonly kind: 'history';
  readonly change: EpochChange;
}

export interface BundleBlock {
  readonly kind: 'block';
  readonly header: Uint8Array;
  readonly resultRecord: Uint8Array;
  /** The COMMITs that made it final. */
  readonly commit: { readonly view: View; readonly signatures: readonly SignerSignature[] };
}

export interface BundleTransaction {
  readonly kind: 'transaction';
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  /** Canonical outcome bytes. */
  readonly outcome: Uint8Array;
}

/** Behind the last block of an epoch, unless the bundle ends with it. */
export interface BundleEpoch {
  readonly kind: 'epoch';
  /** Note of that block's height, by the set that ends. */
  readonly checkpoint: string;
  /** The set of the next epoch. */
  readonly validators: ValidatorSet;
}

/** Last line. */
export interface BundleEnd {
  readonly kind: 'end';
  readonly blocks: number;
  readonly transactions: number;
  /** Of the transactions with outcome OK. */
  readonly records: number;
  /** Of height `to` or a later one of the same epoch. */
  readonly checkpoint: string;
  /** From the log of `to` to that of the checkpoint; empty when they are one. */
  readonly consistency: readonly Uint8Array[];
}

export type BundleLine =
  BundleHead | BundleHistory | BundleBlock | BundleTransaction | BundleEpoch | BundleEnd;

function lineToJson(line: BundleLine): CanonicalValue {
  switch (line.kind) {
    case 'bundle':
      return {
        chainId: line.chainId,
        format: BUNDLE_FORMAT,
        from: line.from,
        frontier: pathToJson(line.frontier),
        genesis: bytesToBase64(line.genesis),
        parentHash: line.parentHash,
        to: line.to,
      };
    case 'history':
      return epochChangeToJson(line.change);
    case 'block':
      return {
        commit: {
          signatures: line.commit.signatures.map(({ signer, signature }) => ({
            signature: bytesToBase64(signature),
            signer,
          })),
          view: line.commit.view,
        },
        header: bytesToBase64(line.header),
        resultRecord: bytesToBase64(line.resultRecord),
      };
    case 'transaction':
      return {
        body: bytesToBase64(line.body),
        outcome: bytesToBase64(line.outcome),
        signature: bytesToBase64(line.signature),
      };
    case 'epoch':
      return { checkpoint: line.checkpoint, validators: validatorsToJson(line.validators) };
    case 'end':
      return {
        blocks: line.blocks,
        checkpoint: line.checkpoint,
        consistency: pathToJson(line.consistency),
        records: line.records,
        transactions: line.transactions,
      };
  }
}

/** The line with its line feed. */
export function encodeBundleLine(line: BundleLine): Uint8Array {
  return utf8ToBytes(`${formatCanonicalJson({ [line.kind]: lineToJson(line) })}\n`);
}

class BundleLineReader extends ProofFileReader {
  private head(): BundleHead {
    this.literal('{"chainId":');
    const chainId = bytesToHex(this.hash('chainId')) as ChainId;
    this.literal(`,"format":"${BUNDLE_FORMAT}","from":`);
    const from = this.integer();
    this.literal(',"frontier":');
    const frontier = this.path('frontier');
    this.literal(',"genesis":');
    const genesis = this.bytes('genesis');
    this.literal(',"parentHash":');
    const parentHash = bytesToHex(this.hash('parentHash')) as BlockHash;
    this.literal(',"to":');
    const to = this.integer();
    return { kind: 'bundle', chainId, genesis, from, to, parentHash, frontier };
  }

  private signer(): SignerSignature {
    this.literal('{"signature":');
    const signature = this.bytes('signature');
    this.literal(',"signer":');
    const signer = this.integer();
    this.literal('}');
    return { signer, signature };
  }

  private block(): BundleBlock {
    this.literal('{"commit":{"signatures":');
    const signatures = this.list(() => this.signer());
    this.literal(',"view":');
    const view = this.integer();
    this.literal('},"header":');
    const header = this.bytes('header');
    this.literal(',"resultRecord":');
    const resultRecord = this.bytes('resultRecord');
    return { kind: 'block', header, resultRecord, commit: { view, signatures } };
  }

  private transaction(): BundleTransaction {
    this.literal('{"body":');
    const body = this.bytes('body');
    this.literal(',"outcome":');
    const outcome = this.bytes('outcome');
    this.literal(',"signature":');
    const signature = this.bytes('signature');
    return { kind: 'transaction', body, outcome, signature };
  }

  private epoch(): BundleEpoch {
    this.literal('{"checkpoint":');
    const checkpoint = this.string();
    this.literal(',"validators":');
    return { kind: 'epoch', checkpoint, validators: this.validators() };
  }

  private lastLine(): BundleEnd {
    this.literal('{"blocks":');
    const blocks = this.integer();
    this.literal(',"checkpoint":');
    const checkpoint = this.string();
    this.literal(',"consistency":');
    const consistency = this.path('consistency');
    this.literal(',"records":');
    const records = this.integer();
    this.literal(',"transactions":');
    return { kind: 'end', blocks, checkpoint, consistency, records, transactions: this.integer() };
  }

  private content(kind: BundleLine['kind']): BundleLine {
    switch (kind) {
      case 'bundle':
        return this.head();
      case 'block':
        return this.block();
      case 'transaction':
        return this.transaction();
      case 'epoch':
        return this.epoch();
      case 'end':
        return this.lastLine();
      case 'history':
        return { kind: 'history', change: this.epochChange() };
    }
  }

  line(kind: BundleLine['kind']): BundleLine {
    this.literal(`{"${kind}":`);
    const line = this.content(kind);
    // A history's content closes itself: a receipt has the same form.
    this.literal(kind === 'history' ? '}' : '}}');
    this.end();
    return line;
  }
}

const KIND = /^\{"(block|bundle|end|epoch|history|transaction)":/;

/** Of these every member is a number, hex, or base64, each of which has one spelling; the others hold free text. */
const WITHOUT_TEXT = new Set<BundleLine['kind']>(['bundle', 'block', 'transaction']);

/** One line without its line feed. Refusals: BUNDLE_MALFORMED, BUNDLE_NOT_CANONICAL with the place and what is expected there. */
export function decodeBundleLine(bytes: Uint8Array): Result<BundleLine> {
  const text = parseUtf8(bytes);
  if (text === undefined) return reject('BUNDLE_MALFORMED', 'the line is not UTF-8 text');
  const kind = KIND.exec(text)?.[1] as BundleLine['kind'] | undefined;
  if (kind === undefined) {
    const message = `the line begins like none of a ${BUNDLE_FORMAT}; use the file as it was exported`;
    return reject('BUNDLE_MALFORMED', message);
  }
  let line: BundleLine;
  try {
    line = new BundleLineReader(text).line(kind);
  } catch (flaw) {
    if (!(flaw instanceof CanonicalJsonFlaw)) throw flaw;
    const message = `the ${kind} line is not in its RFC 8785 form: ${flaw.message}; use the file as it was exported`;
    return reject('BUNDLE_NOT_CANONICAL', message);
  }
  if (!WITHOUT_TEXT.has(kind) && !bytesEqual(encodeBundleLine(line).subarray(0, -1), bytes)) {
    return reject(
      'BUNDLE_NOT_CANONICAL',
      `the ${kind} line differs from its RFC 8785 re-encoding; use the file as it was exported`,
    );
  }
  return accept(line);
}
