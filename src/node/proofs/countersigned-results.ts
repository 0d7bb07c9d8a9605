/** The countersigned result of a height as proof files show it (RCPT-1): its record, its place in the log, who countersigned. */
import { assembleInclusion, inclusionNodes } from '../../protocol/crypto/merkle/stored-proofs.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { ResultParts } from '../../protocol/proof/build-receipt.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { EndedEpochs } from '../epochs/ended-epochs.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { LedgerReader } from '../ports.js';

export interface CountersignedResultsPorts {
  readonly genesis: Pick<Genesis, 'origin' | 'validators'>;
  readonly epochs: Pick<EpochHistory, 'termsAt' | 'termsOf'>;
  readonly reader: Pick<
    LedgerReader,
    'readBlock' | 'readLogNodes' | 'readCheckpoint' | 'firstCheckpointFrom'
  >;
}

export class CountersignedResults {
  /** For whoever else shows them. */
  readonly ended: EndedEpochs;

  constructor(private readonly ports: CountersignedResultsPorts) {
    this.ended = new EndedEpochs(ports.epochs, ports.reader);
  }

  /** Under the first checkpoint that has the height, 1 or more; `undefined` while there is none. Rejects LEDGER_CORRUPT. */
  async find(height: Height): Promise<ResultParts | undefined> {
    const { genesis, reader } = this.ports;
    const checkpoint = await reader.firstCheckpointFrom(height);
    if (checkpoint === undefined) return undefined;
    const treeSize = checkpoint.height + 1;
    const [block, hashes, endedEpochs] = await Promise.all([
      reader.readBlock(height),
      reader.readLogNodes(inclusionNodes(height, treeSize)),
      this.ended.before(checkpoint.height),
    ]);
    if (endedEpochs === undefined) return undefined;
    if (block === undefined)
      throw new LedgerError('LEDGER_CORRUPT', `block ${height} is countersigned and missing; run an audit`);
    const logPath = assembleInclusion(height, treeSize, hashes);
    return { genesis, resultRecord: block.resultRecord, logPath, checkpoint, endedEpochs };
  }
}
