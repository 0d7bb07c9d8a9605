/** One block: its header, what it binds, who committed it, what became of it, and whether all say the same. */
import { merkleRoot } from '../../protocol/crypto/merkle/merkle-tree.js';
import { decodeHeader, hashHeader, type BlockHeader } from '../../protocol/ledger/block-header.js';
import { entryLeafHash } from '../../protocol/ledger/outcome.js';
import { decodeResultRecord, type ResultRecord } from '../../protocol/ledger/result-record.js';
import { transactionRoot } from '../../protocol/ledger/transaction-tree.js';
import { verifyQuorumCertificate } from '../../protocol/pbft/certificate.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { BlockHash, Digest, Height, TransactionId } from '../../protocol/primitives/identifiers.js';
import { SIGNATURE_COST, type AuditContext } from '../audit-context.js';
import type { ChainPosition } from '../audit-position.js';
import type { StoredBlock, StoredTransactionRow } from '../stored-rows.js';
import type { ValidatorSets } from './validator-sets.js';

/** A block's transactions as far as the header and the result speak of them. */
export interface AuditedTransactions {
  readonly leaves: readonly { readonly id: TransactionId; readonly signature: Uint8Array }[];
  readonly entryLeafHashes: readonly Uint8Array[];
  readonly bytes: number;
  /** A row of them was found to be another: what they give together says nothing new. */
  readonly isFlawed: boolean;
}

export function transactionsOf(
  rows: readonly StoredTransactionRow[],
  isFlawed: boolean,
): AuditedTransactions {
  const leaves = rows.map(({ id, signature }) => ({ id: bytesToHex(id) as TransactionId, signature }));
  return {
    leaves,
    entryLeafHashes: rows.map(({ outcome }, index) =>
      entryLeafHash(leaves[index]?.id ?? ('' as TransactionId), outcome),
    ),
    bytes: rows.reduce((sum, { body, signature }) => sum + body.length + signature.length, 0),
    isFlawed,
  };
}

export interface CheckedBlock {
  /** Which the next one has to name as its parent. */
  readonly hash: BlockHash;
  readonly next: Pick<ChainPosition, 'epoch' | 'validatorsDigest'>;
}

export class BlockCheck {
  constructor(
    private readonly context: AuditContext,
    private readonly sets: ValidatorSets,
  ) {}

  /** False: the audit is to stop. */
  async verifyCertificate(block: StoredBlock, { epoch, validatorsDigest }: ChainPosition): Promise<boolean> {
    const { certificate, height } = block;
    if (certificate?.ok !== true) {
      this.differ(
        height,
        'certificate',
        'the commit certificate cannot be read',
        'a certificate',
        certificate?.fault ?? 'none',
      );
      return true;
    }
    const { kind, signatures } = certificate.value;
    if (kind !== 'commit' || certificate.value.height !== height || certificate.value.epoch !== epoch) {
      const { epoch: its, height: other } = certificate.value;
      this.differ(
        height,
        'certificate',
        'the certificate is of another vote',
        `commits of height ${height} in epoch ${epoch}`,
        `${kind} of height ${other} in epoch ${its}`,
      );
      return true;
    }
    const verification = this.sets.contextOf(validatorsDigest, height, epoch);
    if (verification === undefined) return true;
    if (!(await this.context.pace(SIGNATURE_COST * signatures.length))) return false;
    this.context.counts.signatures += signatures.length;
    if (!verifyQuorumCertificate(certificate.value, verification)) {
      this.differ(
        height,
        'certificate',
        'the certificate does not hold a quorum of valid votes',
        `signatures of the validators ${validatorsDigest}`,
        `${signatures.length} signatures that are not`,
      );
    }
    return true;
  }

  check(block: StoredBlock, transactions: AuditedTransactions, position: ChainPosition): CheckedBlock {
    const { height } = block;
    const header = this.headerOf(block, position);
    const certified = block.certificate?.ok === true ? block.certificate.value.blockHash : undefined;
    if (header !== undefined) this.checkBody(block, header, transactions);
    const record = this.recordOf(block);
    if (record !== undefined) this.checkRecord(record, block, header, transactions, position);
    if (
      block.transactionCount !== transactions.leaves.length &&
      header?.transactionCount !== block.transactionCount
    )
      this.differ(
        height,
        'transaction_count',
        'the number of transactions is another',
        `${transactions.leaves.length}`,
        `${block.transactionCount}`,
      );
    const endsEpoch = header?.epochFinal ?? false;
    return {
      hash: certified ?? (header === undefined ? (bytesToHex(block.hash) as BlockHash) : hashHeader(header)),
      next: {
        epoch: endsEpoch ? position.epoch + 1 : position.epoch,
        validatorsDigest: record?.nextValidatorsDigest ?? position.validatorsDigest,
      },
    };
  }

  /** The header, if it is the one that was committed. */
  private headerOf(block: StoredBlock, position: ChainPosition): BlockHeader | undefined {
    const { height } = block;
    const decoded = decodeHeader(block.header ?? new Uint8Array(0));
    if (!decoded.ok) {
      this.differ(
        height,
        'header',
        'the header cannot be read',
        'the fixed layout',
        decoded.rejection.message,
      );
      return undefined;
    }
    const header = decoded.value;
    const computed = hashHeader(header);
    const certified = block.certificate?.ok === true ? block.certificate.value.blockHash : computed;
    const stored = bytesToHex(block.hash);
    if (certified !== computed) {
      this.differ(
        height,
        'header',
        'the header is not the one that was committed',
        `a header with the hash ${certified}`,
        `one with ${computed}`,
      );
      return undefined;
    }
    if (stored !== computed)
      this.differ(height, 'hash', 'the hash is not that of the header', computed, stored);
    this.compare(
      height,
      'header',
      'the header is of another chain',
      this.context.genesis.chainId,
      header.chainId,
    );
    this.compare(height, 'header', 'the header is of another height', height, header.height);
    this.compare(
      height,
      'header',
      'the block stands on another parent',
      position.previousHash,
      header.parentHash,
    );
    this.compare(height, 'header', 'the header is of another epoch', position.epoch, header.epoch);
    this.compare(
      height,
      'header',
      'the header names other validators',
      position.validatorsDigest,
      header.validatorsDigest,
    );
    return header;
  }

  private checkBody(block: StoredBlock, header: BlockHeader, transactions: AuditedTransactions): void {
    const { height } = block;
    this.compare(
      height,
      'transaction_count',
      'the column is not what the header says',
      header.transactionCount,
      block.transactionCount,
    );
    this.compare(
      height,
      'body_bytes',
      'the column is not what the header says',
      header.bodyBytes,
      block.bodyBytes,
    );
    this.compare(
      height,
      'timestamp_ms',
      'the column is not what the header says',
      header.timestampMs,
      block.timestampMs,
    );
    if (transactions.isFlawed) return;
    const { leaves, bytes } = transactions;
    if (leaves.length !== header.transactionCount) {
      this.differTransactions(
        height,
        'transactions of the block are missing, or there are more',
        `${header.transactionCount} rows`,
        `${leaves.length}`,
      );
      return;
    }
    const root = transactionRoot(leaves);
    if (root !== header.transactionRoot || bytes !== header.bodyBytes)
      this.differTransactions(
        height,
        'the transactions are not those that the header binds',
        `root ${header.transactionRoot}, ${header.bodyBytes} bytes`,
        `root ${root}, ${bytes} bytes`,
      );
  }

  private recordOf({ height, resultRecord }: StoredBlock): ResultRecord | undefined {
    const decoded = decodeResultRecord(resultRecord);
    if (decoded.ok) return decoded.value;
    this.differ(
      height,
      'result_record',
      'the result record cannot be read',
      'the fixed layout',
      decoded.rejection.message,
    );
    return undefined;
  }

  private checkRecord(
    record: ResultRecord,
    { height }: StoredBlock,
    header: BlockHeader | undefined,
    transactions: AuditedTransactions,
    { validatorsDigest, epoch }: ChainPosition,
  ): void {
    const expect = (what: string, expected: string | number, found: string | number): void => {
      this.compare(height, 'result_record', `the result record has another ${what}`, expected, found);
    };
    expect('chain id', this.context.genesis.chainId, record.chainId);
    expect('height', height, record.height);
    expect('epoch', epoch, record.epoch);
    expect('digest of the validators', validatorsDigest, record.validatorsDigest);
    if (header !== undefined) {
      expect('block hash', hashHeader(header), record.blockHash);
      expect('time', header.timestampMs, record.timestampMs);
      expect('number of entries', header.transactionCount, record.entryCount);
      const next = header.epochFinal ? header.nextValidatorsDigest : validatorsDigest;
      expect('digest of the next validators', next, record.nextValidatorsDigest);
    }
    if (transactions.isFlawed || transactions.leaves.length !== record.entryCount) return;
    const root = bytesToHex(merkleRoot(transactions.entryLeafHashes)) as Digest;
    if (root !== record.entriesRoot)
      this.differTransactions(
        height,
        'the outcomes are not those that the result record binds',
        `entries root ${record.entriesRoot}`,
        root,
      );
  }

  private compare(
    height: Height,
    column: string,
    problem: string,
    expected: string | number,
    found: string | number,
  ): void {
    if (expected !== found) this.differ(height, column, problem, `${expected}`, `${found}`);
  }

  private differ(height: Height, column: string, problem: string, expected: string, found: string): void {
    this.context.findings.add({
      table: 'blocks',
      row: { height, column },
      heights: [height],
      problem,
      expected,
      found,
    });
  }

  private differTransactions(height: Height, problem: string, expected: string, found: string): void {
    this.context.findings.add({
      table: 'transactions',
      row: { height },
      heights: [height],
      problem,
      expected,
      found,
    });
  }
}
