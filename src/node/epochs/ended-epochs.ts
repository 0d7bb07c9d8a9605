/**
 * Ended epochs as receipts show them (RCPT-1): the last result record of each, what certified it, and its place in a later log.
 * All but that place never changes and is remembered.
 */
import { assembleInclusion, inclusionNodes } from '../../protocol/crypto/merkle/stored-proofs.js';
import type { EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import type { EndedEpoch } from '../../protocol/proof/build-receipt.js';
import type { Epoch, Height } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { LedgerReader } from '../ports.js';
import type { EpochHistory } from './epoch-history.js';

/** Of the first epochs, which every receipt needs; later ones are read each time. About 30 KiB each with 100 validators. */
const REMEMBERED_MAX = 256;

type EpochReads = Pick<LedgerReader, 'readBlock' | 'readCheckpoint' | 'readLogNodes'>;
/** What never changes of it, and the height of its last block. */
type EndOfEpoch = Omit<EndedEpoch, 'logPath'> & { readonly height: Height };

export class EndedEpochs {
  private readonly known = new Map<Epoch, EndOfEpoch>();

  constructor(
    private readonly epochs: Pick<EpochHistory, 'termsAt' | 'termsOf'>,
    private readonly reader: EpochReads,
  ) {}

  /**
   * Every epoch that ended below the height of a checkpoint, in order; `undefined` while the certificate of one's last height
   * is not here. Their places are those in the log of `logSize` leaves. Rejects LEDGER_CORRUPT when a last block is missing.
   */
  async before(
    checkpointHeight: Height,
    logSize: number = checkpointHeight + 1,
  ): Promise<readonly EndedEpoch[] | undefined> {
    const ended: EndOfEpoch[] = [];
    for (let epoch = 0; epoch < this.epochs.termsAt(checkpointHeight).epoch; epoch++) {
      const found = await this.find(epoch);
      if (found === undefined) return undefined;
      ended.push(found);
    }
    const paths = await this.readPaths(
      ended.map(({ height }) => height),
      logSize,
    );
    return ended.map(({ height: _height, ...epoch }, index) => ({ ...epoch, logPath: paths[index] ?? [] }));
  }

  /**
   * The end of an epoch whose last block is durable; `undefined` while its certificate is not here. Rejects LEDGER_CORRUPT when
   * that block is missing.
   */
  async find(epoch: Epoch): Promise<EndOfEpoch | undefined> {
    const next = this.epochs.termsOf(epoch + 1);
    const found = this.known.get(epoch) ?? (next && (await this.read(next)));
    if (found !== undefined && this.known.size < REMEMBERED_MAX) this.known.set(epoch, found);
    return found;
  }

  /** The epoch before `next`. */
  private async read(next: EpochTerms): Promise<EndOfEpoch | undefined> {
    const height = next.firstHeight - 1;
    const [block, certificate, [certificatePath = []]] = await Promise.all([
      this.reader.readBlock(height),
      this.reader.readCheckpoint(height),
      this.readPaths([height], height + 1),
    ]);
    if (block === undefined) {
      throw new LedgerError(
        'LEDGER_CORRUPT',
        `block ${height}, the last one of epoch ${next.epoch - 1}, is missing; run an audit`,
      );
    }
    if (certificate === undefined) return undefined;
    const { resultRecord } = block;
    return { height, resultRecord, certificate, certificatePath, nextValidators: next.validators };
  }

  /** Of the leaves `heights` in the log of `size` leaves, with one read. */
  private async readPaths(
    heights: readonly Height[],
    size: number,
  ): Promise<readonly (readonly Uint8Array[])[]> {
    const nodes = heights.map((height) => inclusionNodes(height, size));
    const all = nodes.flat();
    const hashes = all.length === 0 ? [] : await this.reader.readLogNodes(all);
    let next = 0;
    return heights.map((height, index) => {
      const start = next;
      next += nodes[index]?.length ?? 0;
      return assembleInclusion(height, size, hashes.slice(start, next));
    });
  }
}
