/**
 * The blocks of a bundle one after the other, from the frontier that it begins on to the checkpoint that it ends with
 * (BNDL-4): which line may come now, and what it must agree with. Keeps one block's frontiers and one validator set.
 */
import { ed25519Verifier } from '../../crypto/ed25519.js';
import { verifyConsistency } from '../../crypto/merkle/consistency.js';
import { appendLeaf, frontierRoot } from '../../crypto/merkle/merkle-frontier.js';
import { leafHash } from '../../crypto/merkle/merkle-hash.js';
import { verifyInclusion } from '../../crypto/merkle/verify-inclusion.js';
import type { BlockHeader } from '../../ledger/block-header.js';
import type { Genesis } from '../../ledger/genesis.js';
import { validatorSetDigest, type ValidatorSet } from '../../ledger/validator-set.js';
import { verifyQuorumCertificate } from '../../pbft/certificate.js';
import { bytesToHex, compareStrings, hexToBytes } from '../../primitives/bytes.js';
import type { Digest, OrganisationName, TimestampMs } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import type {
  BundleBlock,
  BundleEnd,
  BundleEpoch,
  BundleHead,
  BundleHistory,
  BundleLine,
} from './bundle-lines.js';
import { verifyCheckpointNote } from '../checkpoint-certificate.js';
import { verifyEpochChange } from '../validator-history.js';
import type { LedgerPosition } from './ledger-position.js';
import { OpenBlock } from './open-block.js';

/** Which line comes next. */
type Phase = 'history' | 'block' | 'transaction' | 'epoch' | 'ended';

export interface BundleEndProof {
  readonly checkpoint: { readonly height: number; readonly root: Digest };
  readonly signers: readonly OrganisationName[];
}

const EXPECTED: { readonly [Name in Phase]: readonly BundleLine['kind'][] } = {
  history: ['history', 'block'],
  block: ['block', 'end'],
  transaction: ['transaction'],
  epoch: ['epoch'],
  ended: [],
};

export class LedgerWalk {
  /** After the last whole block, and the end of its epoch if it has one. */
  position: LedgerPosition;
  firstTimestampMs: TimestampMs = 0;
  private phase: Phase = 'history';
  private open: OpenBlock | undefined;
  /** A position whose epoch has ended: it counts with the line that names the next validators. */
  private ending: { readonly position: LedgerPosition; readonly header: BlockHeader } | undefined;
  private proof: BundleEndProof | undefined;

  constructor(
    private readonly genesis: Genesis,
    private readonly head: BundleHead,
  ) {
    const log = { size: head.from, hashes: head.frontier };
    const height = head.from - 1;
    this.position = {
      ...{ height, blockHash: head.parentHash, timestampMs: 0, log },
      roots: [[height, bytesToHex(frontierRoot(log)) as Digest]],
      ...{ epoch: 0, validators: genesis.validators, previousEpochEnd: 0 },
      ...{ blocks: 0, transactions: 0, records: 0 },
    };
  }

  /** Height that the next line is about. */
  get height(): number {
    return this.ending?.header.height ?? Math.min(this.position.height + 1, this.head.to);
  }

  /** Every block that has begun is whole, and the last line has not come. */
  get isBetweenBlocks(): boolean {
    return this.phase === 'block';
  }

  get endProof(): BundleEndProof | undefined {
    return this.proof;
  }

  /** What is still to come, in words. */
  get missing(): string {
    const { open, position, head } = this;
    if (open !== undefined)
      return `${open.header.transactionCount - open.transactions} of ${open.header.transactionCount} transactions of block ${open.header.height}`;
    if (this.ending !== undefined) return `the end of epoch ${position.epoch}`;
    return position.height < head.to
      ? `block ${position.height + 1} of the blocks to ${head.to}`
      : 'its last line, with the checkpoint';
  }

  /** Forgets what came after the last whole block. */
  rewind(): void {
    this.open = undefined;
    this.ending = undefined;
    if (this.phase !== 'history') this.phase = 'block';
  }

  take(line: Exclude<BundleLine, BundleHead>): Result<undefined> {
    if (!EXPECTED[this.phase].includes(line.kind)) return this.refuseUnexpected(line.kind);
    switch (line.kind) {
      case 'history':
        return this.takeHistory(line);
      case 'block':
        return this.takeBlock(line);
      case 'transaction': {
        const added = this.open?.add(line);
        return added?.ok === false ? added : this.closeIfComplete();
      }
      case 'epoch':
        return this.takeEpoch(line);
      case 'end':
        return this.takeEnd(line);
    }
  }

  private refuseUnexpected(kind: string): Result<undefined> {
    const what =
      this.phase === 'ended'
        ? 'something follows the last line'
        : `a line of the kind ${kind} stands where there should be ${this.missing}`;
    return reject('BUNDLE_LINE_UNEXPECTED', `${what}: a line was added, removed or moved`);
  }

  private takeHistory({ change }: BundleHistory): Result<undefined> {
    const { genesis, position } = this;
    const refuse = (message: string) => reject('BUNDLE_HISTORY_INVALID', message, 'history');
    const verified = verifyEpochChange(change, {
      ...{ genesis, epoch: position.epoch, validators: position.validators },
      previousHeight: position.previousEpochEnd,
      invalid: 'BUNDLE_HISTORY_INVALID',
    });
    if (!verified.ok) {
      const { code, message } = verified.rejection;
      return code === 'NOTE_UNVERIFIED' || code === 'NOTE_MALFORMED' ? verified : refuse(message);
    }
    const { height } = verified.value;
    const isInLog = verifyInclusion({
      ...{ leafHash: leafHash(change.resultRecord), index: height, size: position.log.size },
      ...{ path: change.logPath, root: frontierRoot(position.log) },
    });
    if (!isInLog)
      return refuse(
        `the end of epoch ${position.epoch} at height ${height} is not in the log before block ${this.head.from}`,
      );
    this.position = {
      ...position,
      ...{ epoch: position.epoch + 1, validators: change.validators, previousEpochEnd: height },
    };
    return accept(undefined);
  }

  private takeBlock(line: BundleBlock): Result<undefined> {
    const opened = OpenBlock.open(line);
    if (!opened.ok) return opened;
    const { header } = opened.value;
    const placed = this.checkPlace(header);
    if (!placed.ok) return placed;
    const agreed = opened.value.checkRecord();
    if (!agreed.ok) return agreed;
    const final = this.checkCertificate(opened.value);
    if (!final.ok) return final;
    if (this.position.blocks === 0) this.firstTimestampMs = header.timestampMs;
    this.open = opened.value;
    this.phase = 'transaction';
    return this.closeIfComplete();
  }

  /** The block is the next one of this chain. */
  private checkPlace(header: BlockHeader): Result<undefined> {
    const { position, genesis, head } = this;
    const { height } = header;
    const invalid = (message: string) => reject('BUNDLE_BLOCK_INVALID', message, 'header');
    if (header.chainId !== genesis.chainId)
      return reject('BUNDLE_CHAIN_MISMATCH', `block ${height} is of chain ${header.chainId}`, 'header');
    if (height !== position.height + 1 || height > head.to) {
      const expected = position.height < head.to ? `block ${position.height + 1}` : 'the last line';
      const message = `block ${height} stands where ${expected} is expected: a block was removed, added or moved`;
      return reject('BUNDLE_OUT_OF_ORDER', message, 'header');
    }
    if (header.parentHash !== position.blockHash) {
      const message = `block ${height} stands on ${header.parentHash}, and block ${position.height} is ${position.blockHash}: it is of another history`;
      return reject('BUNDLE_FORKED', message, 'header');
    }
    if (
      header.epoch !== position.epoch ||
      header.validatorsDigest !== validatorSetDigest(position.validators)
    ) {
      const message = `block ${height} is of epoch ${header.epoch}, whose validators are not those that the bundle's history of validators leads to (epoch ${position.epoch})`;
      return reject('BUNDLE_HISTORY_INVALID', message, 'header');
    }
    if (header.timestampMs <= position.timestampMs)
      return invalid(`block ${height} is not later than its parent`);
    const resultHeight = Math.max(0, height - genesis.parameters.pipelineDepth);
    const known = position.roots.find(([of]) => of === resultHeight);
    if (known !== undefined && known[1] !== header.resultRoot)
      return invalid(
        `block ${height} carries another result of height ${resultHeight} than the bundle has: a result record, or what the bundle begins on, was changed`,
      );
    return accept(undefined);
  }

  private checkCertificate({ line, header, hash }: OpenBlock): Result<undefined> {
    const { validators, epoch } = this.position;
    const certificate = {
      ...({ kind: 'commit', epoch, height: header.height, blockHash: hash } as const),
      ...line.commit,
    };
    const isValid = verifyQuorumCertificate(certificate, {
      ...{ chainId: this.genesis.chainId, origin: this.genesis.origin, verifier: ed25519Verifier },
      pipelineDepth: this.genesis.parameters.pipelineDepth,
      validatorsIn: (of) => (of === epoch ? validators : undefined),
      isInEpoch: () => true,
    });
    const message = `block ${header.height} has not the COMMITs of exactly a quorum of its validators`;
    return isValid ? accept(undefined) : reject('CERTIFICATE_INVALID', message, 'commit');
  }

  private closeIfComplete(): Result<undefined> {
    const { open, position } = this;
    if (open?.isComplete !== true) return accept(undefined);
    const closed = open.close();
    if (!closed.ok) return closed;
    const { header } = open;
    const { height } = header;
    const log = appendLeaf(position.log, leafHash(open.line.resultRecord)).frontier;
    const kept = position.roots.slice(-this.genesis.parameters.pipelineDepth);
    const next = {
      ...position,
      ...{ height, blockHash: open.hash, timestampMs: header.timestampMs, log },
      roots: [...kept, [height, bytesToHex(frontierRoot(log)) as Digest] as const],
      blocks: position.blocks + 1,
      transactions: position.transactions + open.transactions,
      records: position.records + open.records,
    };
    this.open = undefined;
    if (header.epochFinal && height < this.head.to) {
      this.ending = { position: next, header };
      this.phase = 'epoch';
    } else {
      this.position = next;
      this.phase = 'block';
    }
    return accept(undefined);
  }

  private takeEpoch({ checkpoint, validators }: BundleEpoch): Result<undefined> {
    const { ending } = this;
    const refuse = (message: string) => reject('BUNDLE_HISTORY_INVALID', message, 'epoch');
    if (ending === undefined) return refuse('no epoch ends here');
    const { position, header } = ending;
    const isSorted = validators.every(({ organisation }, index) => {
      const previous = validators[index - 1];
      return previous === undefined || compareStrings(previous.organisation, organisation) < 0;
    });
    if (validators.length === 0 || !isSorted)
      return refuse('the next validators are none, or are not ascending by name');
    if (validatorSetDigest(validators) !== header.nextValidatorsDigest)
      return refuse(`block ${header.height} names other next validators`);
    const note = verifyCheckpointNote(checkpoint, this.genesis.origin, position.validators, ed25519Verifier);
    if (!note.ok) return note;
    if (note.value.height !== header.height)
      return refuse(`the checkpoint is that of height ${note.value.height}, not of ${header.height}`);
    if (note.value.root !== position.roots.at(-1)?.[1]) return this.refuseLog(note.value.height);
    this.position = { ...position, epoch: position.epoch + 1, validators, previousEpochEnd: header.height };
    this.ending = undefined;
    this.phase = 'block';
    return accept(undefined);
  }

  private refuseLog(height: number): Result<undefined> {
    const message = `the blocks do not lead to the result log of checkpoint ${height}, which a quorum has signed: a result record, or what the bundle begins on, was changed`;
    return reject('BUNDLE_LOG_MISMATCH', message, 'checkpoint');
  }

  private takeEnd(line: BundleEnd): Result<undefined> {
    const { position, head } = this;
    if (position.height < head.to) {
      const message = `its first line promises blocks ${head.from} to ${head.to}, and the last one is ${position.height}`;
      return reject('BUNDLE_TRUNCATED', message, 'to');
    }
    for (const name of ['blocks', 'transactions', 'records'] as const) {
      if (line[name] === position[name]) continue;
      const message = `it counts ${line[name]} ${name}, and ${position[name]} are there`;
      return reject('BUNDLE_COUNTS_DIFFER', message, name);
    }
    return this.checkEnd(line, position.validators);
  }

  private checkEnd(line: BundleEnd, validators: ValidatorSet): Result<undefined> {
    const { log } = this.position;
    const note = verifyCheckpointNote(line.checkpoint, this.genesis.origin, validators, ed25519Verifier);
    if (!note.ok) return note;
    const { height, root, signatures } = note.value;
    const isConsistent = verifyConsistency({
      ...{ size1: log.size, size2: height + 1, root1: frontierRoot(log), root2: hexToBytes(root) },
      path: line.consistency,
    });
    if (!isConsistent) return this.refuseLog(height);
    const signers = signatures.flatMap(({ signer }) => validators[signer]?.organisation ?? []);
    this.proof = { checkpoint: { height, root }, signers };
    this.phase = 'ended';
    return accept(undefined);
  }
}
