/**
 * Genesis and every block in order, with its transactions, its leaf of the result log and its checkpoint. What lies before
 * `fromHeight` is taken as it is stored; with the first block it begins at the user's own genesis file.
 */
import {
  decodeFrontier,
  encodeFrontier,
  type MerkleFrontier,
  type MerkleNodeId,
} from '../../protocol/crypto/merkle/merkle-frontier.js';
import { encodeGenesis, GENESIS_FORMAT } from '../../protocol/ledger/genesis.js';
import { executeGenesis } from '../../protocol/execution/execute-genesis.js';
import { decodeHeader } from '../../protocol/ledger/block-header.js';
import { decodeResultRecord } from '../../protocol/ledger/result-record.js';
import { verifyCheckpointSignatures } from '../../protocol/pbft/certificate.js';
import { bytesEqual, bytesToHex, hexToBytes } from '../../protocol/primitives/bytes.js';
import type { BlockHash, Height } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { StateTree } from '../../protocol/state/state-tree.js';
import { SIGNATURE_COST, type AuditContext } from '../audit-context.js';
import type { ChainPosition } from '../audit-position.js';
import type { StoredBlock, StoredCheckpoint, StoredTransactionRow } from '../stored-rows.js';
import { BlockCheck, transactionsOf, type AuditedTransactions } from './block-check.js';
import { checkResultLog } from './result-log-check.js';
import { findTransactionFault } from './transaction-check.js';
import { TransactionStream } from './transaction-stream.js';
import { ValidatorSets } from './validator-sets.js';

const BLOCKS_PER_READ = 100;
const STRAYS_MAX = 100;
/** The root is the same however the tree is cut, and genesis has few entries. */
const GENESIS_BUCKET_BITS = 4;

/** The nodes that leaf `height` completes, itself first. */
function completedNodes(height: Height): readonly MerkleNodeId[] {
  const nodes: MerkleNodeId[] = [{ level: 0, index: height }];
  for (let level = 1, index = height; index % 2 === 1; level++) {
    index = (index - 1) / 2;
    nodes.push({ level, index });
  }
  return nodes;
}

/** Roots of the perfect subtrees of a tree of `size` leaves, largest first. */
function frontierNodes(size: number): readonly MerkleNodeId[] {
  const nodes: MerkleNodeId[] = [];
  for (let level = 0, index = size; index > 0; level++, index = Math.floor(index / 2))
    if (index % 2 === 1) nodes.unshift({ level, index: index - 1 });
  return nodes;
}

/** Resolves false when the audit is to stop. */
export async function auditBlocks(
  context: AuditContext,
  resumed: ChainPosition | undefined,
): Promise<boolean> {
  const pass = new BlocksPass(context, await ValidatorSets.load(context));
  return pass.run(resumed);
}

class BlocksPass {
  private readonly check: BlockCheck;

  constructor(
    private readonly context: AuditContext,
    private readonly sets: ValidatorSets,
  ) {
    this.check = new BlockCheck(context, sets);
  }

  async run(resumed: ChainPosition | undefined): Promise<boolean> {
    const { rows, head, fromHeight } = this.context;
    let position =
      resumed ?? (fromHeight <= 1 ? await this.auditGenesis() : await this.storedPosition(fromHeight));
    const after =
      position.nextHeight <= 1
        ? undefined
        : { height: position.nextHeight - 1, index: Number.MAX_SAFE_INTEGER };
    const transactions = new TransactionStream(rows, after, head);
    while (position.nextHeight <= head) {
      const from = position.nextHeight;
      const blocks = await rows.readBlocks(from, head, BLOCKS_PER_READ);
      const last = blocks.at(-1)?.height;
      if (last === undefined) {
        this.reportGap(from, head);
        break;
      }
      const checkpoints = await rows.readCheckpoints(from, last);
      const nodes = blocks.flatMap(({ height }) => completedNodes(height));
      const hashes = await rows.readLogNodes(nodes);
      let node = 0;
      for (const block of blocks) {
        if (block.height > position.nextHeight) {
          this.reportGap(position.nextHeight, block.height - 1);
          position = await this.storedPosition(block.height);
        }
        const count = completedNodes(block.height).length;
        const stored = hashes.slice(node, node + count);
        node += count;
        const checkpoint = checkpoints.find(({ height }) => height === block.height);
        const next = await this.auditBlock(block, { stored, checkpoint, transactions }, position);
        if (next === undefined) return false;
        position = next;
      }
      this.context.reached({ pass: 'blocks', chain: position }, position.nextHeight - 1, head);
    }
    for (let row; (row = await transactions.takeUpTo(head)) !== undefined;) this.reportHomeless(row);
    await this.reportStrays();
    return true;
  }

  /** The database's own genesis against the one that it is held against. */
  private async auditGenesis(): Promise<ChainPosition> {
    const { rows, genesis, findings } = this.context;
    const expected = executeGenesis(genesis, new StateTree(GENESIS_BUCKET_BITS));
    const { name, parameters, organisations } = genesis;
    const document = encodeGenesis({ format: GENESIS_FORMAT, name, parameters, organisations });
    const stored = await rows.readGenesis();
    if (
      stored === undefined ||
      !bytesEqual(stored.document, document) ||
      bytesToHex(stored.chainId) !== genesis.chainId
    ) {
      findings.add({
        table: 'genesis',
        row: { only_row: 'true' },
        heights: [0],
        problem: 'the document or the chain id is not that of the genesis file',
        expected: genesis.chainId,
        found: stored === undefined ? 'no row' : bytesToHex(stored.chainId),
      });
    }
    const [block] = await rows.readBlocks(0, 0, 1);
    const logRoot = hexToBytes(expected.logRoot);
    if (block === undefined) this.reportGap(0, 0);
    else {
      const isRecord = bytesEqual(block.resultRecord, expected.resultRecordBytes);
      if (!isRecord || !bytesEqual(block.logRoot, logRoot)) {
        findings.add({
          table: 'blocks',
          row: { height: 0, column: isRecord ? 'log_root' : 'result_record' },
          heights: [0],
          problem: 'the result of genesis is not what the genesis file gives',
          expected: isRecord ? expected.logRoot : bytesToHex(expected.resultRecordBytes),
          found: bytesToHex(isRecord ? block.logRoot : block.resultRecord),
        });
      }
    }
    const nodes = await rows.readLogNodes(completedNodes(0));
    const { resultRecordBytes: resultRecord } = expected;
    checkResultLog(
      { height: 0, resultRecord, logRoot, nodes, certifiedRoot: expected.logRoot },
      { size: 0, hashes: [] },
      findings,
    );
    return {
      nextHeight: 1,
      previousHash: expected.resultRecord.blockHash,
      resultLog: bytesToHex(encodeFrontier(expected.resultLog)),
      epoch: 0,
      validatorsDigest: expected.resultRecord.nextValidatorsDigest,
    };
  }

  /** What the rows below `height` say, without having been audited. */
  private async storedPosition(height: Height): Promise<ChainPosition> {
    const { rows, genesis } = this.context;
    const [before] = await rows.readBlocks(height - 1, height - 1, 1);
    const [self] = before === undefined ? await rows.readBlocks(height, height, 1) : [undefined];
    const record = decodeResultRecord((before ?? self)?.resultRecord ?? new Uint8Array(0));
    const header = decodeHeader((before ?? self)?.header ?? new Uint8Array(0));
    const hashes = await rows.readLogNodes(frontierNodes(height));
    const isEnd = before !== undefined && header.ok && header.value.epochFinal;
    const parentHash = self !== undefined && header.ok ? header.value.parentHash : undefined;
    const genesisDigest = executeGenesis(genesis, new StateTree(GENESIS_BUCKET_BITS)).resultRecord
      .validatorsDigest;
    return {
      nextHeight: height,
      previousHash: parentHash ?? (bytesToHex(before?.hash ?? new Uint8Array(32)) as BlockHash),
      resultLog: bytesToHex(
        encodeFrontier({ size: height, hashes: hashes.map((hash) => hash ?? new Uint8Array(32)) }),
      ),
      epoch: record.ok ? record.value.epoch + (isEnd ? 1 : 0) : 0,
      validatorsDigest: record.ok
        ? before === undefined
          ? record.value.validatorsDigest
          : record.value.nextValidatorsDigest
        : genesisDigest,
    };
  }

  /** `undefined` when the audit is to stop. */
  private async auditBlock(
    block: StoredBlock,
    {
      stored,
      checkpoint,
      transactions,
    }: {
      readonly stored: readonly (Uint8Array | undefined)[];
      readonly checkpoint: StoredCheckpoint | undefined;
      readonly transactions: TransactionStream;
    },
    position: ChainPosition,
  ): Promise<ChainPosition | undefined> {
    const { counts, findings } = this.context;
    const { height } = block;
    if (!(await this.check.verifyCertificate(block, position))) return undefined;
    const audited = await this.auditTransactions(block, transactions);
    if (audited === undefined) return undefined;
    const { hash, next } = this.check.check(block, audited, position);
    const certifiedRoot = checkpoint && (await this.verifyCheckpoint(checkpoint, position));
    if (certifiedRoot === 'stop') return undefined;
    const log = checkResultLog(
      { height, resultRecord: block.resultRecord, logRoot: block.logRoot, nodes: stored, certifiedRoot },
      frontierOf(position),
      findings,
    );
    if (certifiedRoot !== undefined && certifiedRoot === bytesToHex(block.logRoot))
      this.context.certifiedHeight = height;
    counts.blocks++;
    return {
      nextHeight: height + 1,
      previousHash: hash,
      resultLog: bytesToHex(encodeFrontier(log)),
      ...next,
    };
  }

  private async auditTransactions(
    { height }: StoredBlock,
    stream: TransactionStream,
  ): Promise<AuditedTransactions | undefined> {
    const { context } = this;
    const rows: StoredTransactionRow[] = [];
    let isFlawed = false;
    for (let row; (row = await stream.takeUpTo(height)) !== undefined;) {
      if (row.height < height) {
        this.reportHomeless(row);
        continue;
      }
      if (!(await context.pace(1 + SIGNATURE_COST))) return undefined;
      context.counts.transactions++;
      context.counts.signatures++;
      const fault = findTransactionFault(row, context);
      const isOutOfPlace = row.index !== rows.length;
      if (fault !== undefined || isOutOfPlace) {
        isFlawed = true;
        context.findings.add({
          table: 'transactions',
          row: { height, index: row.index },
          heights: [height],
          ...(fault ?? {
            problem: 'the row before is missing',
            expected: `index ${rows.length}`,
            found: `index ${row.index}`,
          }),
        });
      }
      rows.push(row);
    }
    return transactionsOf(rows, isFlawed);
  }

  /** The root that Q validators have signed, `undefined` without one, 'stop' when the audit is to stop. */
  private async verifyCheckpoint(
    { height, root, certificate }: StoredCheckpoint,
    { epoch, validatorsDigest }: ChainPosition,
  ): Promise<string | undefined> {
    const { context } = this;
    const stored = bytesToHex(root);
    const differ = (problem: string, expected: string, found: string): void => {
      context.findings.add({
        table: 'checkpoints',
        row: { height },
        heights: [height],
        problem,
        expected,
        found,
      });
    };
    if (!certificate.ok) {
      differ('the certificate cannot be read', 'a certificate', certificate.fault);
      return undefined;
    }
    const { signatures, height: its, root: signed } = certificate.value;
    if (its !== height) {
      differ('the certificate is of another height', `${height}`, `${its}`);
      return undefined;
    }
    const verification = this.sets.contextOf(validatorsDigest, height, epoch);
    if (verification === undefined) return undefined;
    if (!(await context.pace(SIGNATURE_COST * signatures.length))) return 'stop';
    context.counts.signatures += signatures.length;
    if (!verifyCheckpointSignatures(certificate.value, epoch, verification)) {
      const expected = `lines of the validators ${validatorsDigest}`;
      const found = `${signatures.length} lines that are not`;
      differ('the certificate does not hold a quorum of valid lines', expected, found);
      return undefined;
    }
    if (signed !== stored) differ('the column is not the root that was signed', signed, stored);
    return signed;
  }

  private reportGap(from: Height, to: Height): void {
    const rows = from === to ? `height ${from}` : `heights ${from} to ${to}`;
    this.context.findings.add({
      table: 'blocks',
      row: { height: from },
      heights: from === to ? [from] : [from, to],
      problem: 'blocks are missing',
      expected: rows,
      found: 'no row',
    });
  }

  private reportHomeless({ height, index, id }: StoredTransactionRow): void {
    this.context.findings.add({
      table: 'transactions',
      row: { height, index },
      heights: [height],
      problem: 'it belongs to no block',
      expected: 'no row',
      found: `transaction ${bytesToHex(id)}`,
    });
  }

  private async reportStrays(): Promise<void> {
    for (const { table, key } of await this.context.rows.readStrays(STRAYS_MAX)) {
      this.context.findings.add({
        table,
        row: key,
        heights: key['height'] === undefined ? [] : [key['height']],
        problem: 'it lies above the head of the ledger',
        expected: 'no row',
        found: 'a row',
      });
    }
  }
}

function frontierOf({ resultLog }: ChainPosition): MerkleFrontier {
  const frontier = decodeFrontier(hexToBytes(resultLog));
  invariant(frontier !== undefined, 'the position of an audit holds a frontier');
  return frontier;
}
