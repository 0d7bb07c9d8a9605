/**
 * What whoever compares checkpoints needs besides them: that one log is the beginning of another, that a result is in it, and who
 * the validators became (CP-5, CP-6). Proofs are of logs that a quorum has countersigned, and never change.
 */
import {
  assembleConsistency,
  assembleInclusion,
  assembleRoot,
  consistencyNodes,
  inclusionNodes,
  rootNodes,
} from '../../protocol/crypto/merkle/stored-proofs.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Digest, Epoch, Height } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { checkpointNote } from '../../protocol/proof/checkpoint-certificate.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { EndedEpochs } from '../epochs/ended-epochs.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { LedgerReader } from '../ports.js';
import type {
  LogConsistency,
  LogInclusion,
  LogProofs,
  NotCountersigned,
  ValidatorHistory,
} from '../use-cases.js';

/** Ended epochs in one answer; with 100 validators each has some 35 KiB. */
export const VALIDATOR_HISTORY_MAX = 32;

type LogNodes = ReturnType<typeof rootNodes>;

export interface StoredLogProofsPorts {
  readonly genesis: Pick<Genesis, 'origin'>;
  readonly epochs: Pick<EpochHistory, 'termsOf'>;
  readonly ended: Pick<EndedEpochs, 'find'>;
  readonly reader: Pick<LedgerReader, 'readLogNodes' | 'highestCheckpoint'>;
}

function rootOf(size: number, hashes: readonly Uint8Array[]): Digest {
  return bytesToHex(assembleRoot(size, hashes)) as Digest;
}

export class StoredLogProofs implements LogProofs {
  constructor(private readonly ports: StoredLogProofsPorts) {}

  async consistency(from: Height, to: Height): Promise<LogConsistency | NotCountersigned> {
    invariant(from <= to, `no consistency from ${from} to ${to}`);
    const certifiedHeight = await this.certifiedHeight();
    if (certifiedHeight === undefined || to > certifiedHeight) return { certifiedHeight };
    const [size1, size2] = [from + 1, to + 1];
    const [path, root1, root2] = await this.readTogether(
      consistencyNodes(size1, size2),
      rootNodes(size1),
      rootNodes(size2),
    );
    return {
      from: { height: from, root: rootOf(size1, root1) },
      to: { height: to, root: rootOf(size2, root2) },
      path: assembleConsistency(size1, size2, path),
    };
  }

  async inclusion(height: Height, at: Height): Promise<LogInclusion | NotCountersigned> {
    invariant(height <= at, `no result ${height} in the log of height ${at}`);
    const certifiedHeight = await this.certifiedHeight();
    if (certifiedHeight === undefined || at > certifiedHeight) return { certifiedHeight };
    const size = at + 1;
    const leaf: LogNodes = [{ level: 0, index: height }];
    const [path, [leafHash], root] = await this.readTogether(
      inclusionNodes(height, size),
      leaf,
      rootNodes(size),
    );
    invariant(leafHash !== undefined, `no leaf ${height}`);
    return {
      height,
      leafHash,
      at: { height: at, root: rootOf(size, root) },
      path: assembleInclusion(height, size, path),
    };
  }

  async validatorHistory(from: Epoch): Promise<ValidatorHistory> {
    const { genesis, epochs, ended } = this.ports;
    const certifiedHeight = (await this.certifiedHeight()) ?? 0;
    const items: ValidatorHistory['items'][number][] = [];
    for (let epoch = from; items.length < VALIDATOR_HISTORY_MAX; epoch++) {
      const [terms, next] = [epochs.termsOf(epoch), epochs.termsOf(epoch + 1)];
      // The end of an epoch may be scheduled, or durable and not countersigned here.
      if (terms === undefined || next === undefined || next.firstHeight > certifiedHeight + 1) break;
      const found = await ended.find(epoch);
      if (found === undefined) break;
      items.push({
        epoch,
        height: found.height,
        resultRecord: found.resultRecord,
        validators: found.nextValidators,
        checkpoint: checkpointNote(genesis.origin, terms.validators, found.certificate),
        checkpointPath: found.certificatePath,
      });
    }
    const isFull = items.length === VALIDATOR_HISTORY_MAX;
    return { items, nextFrom: isFull ? from + VALIDATOR_HISTORY_MAX : undefined };
  }

  private async certifiedHeight(): Promise<Height | undefined> {
    return (await this.ports.reader.highestCheckpoint())?.height;
  }

  /** The hashes of several lists of nodes, with one read. */
  private async readTogether<Lists extends readonly LogNodes[]>(
    ...lists: Lists
  ): Promise<{ readonly [Index in keyof Lists]: readonly Uint8Array[] }> {
    const hashes = await this.ports.reader.readLogNodes(lists.flat());
    let next = 0;
    const split = lists.map((nodes) => {
      const start = next;
      next += nodes.length;
      return hashes.slice(start, next);
    });
    return split as unknown as { readonly [Index in keyof Lists]: readonly Uint8Array[] };
  }
}
