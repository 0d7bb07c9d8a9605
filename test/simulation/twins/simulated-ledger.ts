/**
 * The database's twin: executed blocks with their results and checkpoints, durable block by block, with a latency of its
 * own that has nothing to do with the journal's. A commit that is under way when the node dies may or may not survive.
 */
import type { LedgerStore, SyncedBlock } from '../../../src/node/ports.js';
import { sha256 } from '../../../src/protocol/crypto/sha256.js';
import type { Block } from '../../../src/protocol/ledger/block.js';
import type { CheckpointCertificate, QuorumCertificate } from '../../../src/protocol/pbft/certificate.js';
import type { EndedEpoch } from '../../../src/protocol/pbft/epoch-seats.js';
import type { RecoveredState } from '../../../src/protocol/pbft/replica-config.js';
import { bytesToHex, hexToBytes, parseUtf8 } from '../../../src/protocol/primitives/bytes.js';
import {
  ZERO_DIGEST,
  type BlockHash,
  type Digest,
  type Height,
  type PeerIndex,
} from '../../../src/protocol/primitives/identifiers.js';
import {
  seatsOf,
  SimulatedGovernance,
  type GovernanceRules,
  type SimulatedTerms,
} from './simulated-governance.js';

export const GENESIS_ROOT = bytesToHex(sha256(Uint8Array.of(1))) as Digest;
export const GENESIS_HASH = ZERO_DIGEST as string as BlockHash;

/** Transaction names of a body, in order. */
export function transactionsOf(block: Block): readonly string[] {
  const text = parseUtf8(block.body) ?? '';
  return text === '' ? [] : text.split(' ');
}

export interface LedgerEntry {
  readonly block: Block;
  readonly certificate: QuorumCertificate;
  readonly root: Digest;
}

/** The result after `block`, on top of the one before; `salt` is 0 for everybody who executes rightly. */
export function resultRootOf(before: Digest, block: Block, salt = 0): Digest {
  return bytesToHex(sha256(hexToBytes(before), hexToBytes(block.hash), Uint8Array.of(salt))) as Digest;
}

/** What executing a block gives. */
export interface ExecutedResult {
  readonly root: Digest;
  readonly scheduled: SimulatedTerms | undefined;
}

/** The database of one node; it outlives the node's lives. */
export class SimulatedLedger implements Pick<LedgerStore, 'readBlocks'> {
  /** Entry h − 1 is block h. */
  readonly entries: LedgerEntry[] = [];
  governance: SimulatedGovernance;
  readonly transactions = new Set<string>();
  readonly checkpoints = new Map<Height, CheckpointCertificate>();
  certifiedHeight: Height = 0;

  constructor(private readonly rules: GovernanceRules) {
    this.governance = new SimulatedGovernance(rules);
  }

  get height(): Height {
    return this.entries.length;
  }

  get headHash(): BlockHash {
    return this.entries.at(-1)?.block.hash ?? GENESIS_HASH;
  }

  rootAt(height: Height): Digest {
    return height === 0 ? GENESIS_ROOT : this.entries[height - 1]!.root;
  }

  apply(block: Block, certificate: QuorumCertificate, salt = 0): ExecutedResult {
    const root = resultRootOf(this.rootAt(this.height), block, salt);
    this.entries.push({ block, certificate, root });
    const transactions = transactionsOf(block);
    for (const transaction of transactions) this.transactions.add(transaction);
    return { root, scheduled: this.governance.apply(this.height, transactions) };
  }

  /** An older state is found in place of the newest: the database of a backup. */
  setBack(blocks: number): void {
    if (blocks === 0) return;
    for (const { block } of this.entries.splice(Math.max(0, this.height - blocks))) {
      for (const transaction of transactionsOf(block)) this.transactions.delete(transaction);
    }
    this.governance = this.governanceAnew();
    for (const height of this.checkpoints.keys()) if (height > this.height) this.checkpoints.delete(height);
    this.certifiedHeight = Math.max(0, ...this.checkpoints.keys());
  }

  /** What the blocks make of the rules, without anything that later ones did. */
  governanceAnew(): SimulatedGovernance {
    const governance = new SimulatedGovernance(this.rules);
    for (const { block } of this.entries) governance.apply(block.header.height, transactionsOf(block));
    return governance;
  }

  /** Epochs that are over, with their last blocks. */
  private endedEpochs(organisation: PeerIndex): readonly EndedEpoch[] {
    const { ended } = this.governance;
    return ended.map((terms) => {
      const next = this.governance.termsOf(terms.epoch + 1)!;
      const { block, certificate } = this.entries[next.firstHeight - 2]!;
      const checkpoint = this.checkpoints.get(next.firstHeight - 1);
      const seats = seatsOf(terms, organisation);
      return { seats, header: block.header, blockHash: block.hash, certificate, checkpoint };
    });
  }

  saveCheckpoint(certificate: CheckpointCertificate): void {
    this.checkpoints.set(certificate.height, certificate);
    this.certifiedHeight = Math.max(this.certifiedHeight, certificate.height);
  }

  readBlocks(from: Height, to: Height): Promise<readonly SyncedBlock[]> {
    const blocks = this.entries.slice(Math.max(0, from - 1), to).map(({ block, certificate }) => ({
      block,
      certificate,
      checkpoint: this.checkpoints.get(block.header.height),
    }));
    return Promise.resolve(blocks);
  }

  recover(
    organisation: PeerIndex,
    journal: RecoveredState['journal'],
    windowBlocks: number,
    appliedHeight: Height = 0,
  ): RecoveredState {
    const { pending } = this.governance;
    const head = this.entries.at(-1);
    return {
      executedHeight: this.height,
      executedBlockHash: this.headHash,
      executedTimestampMs: head?.block.header.timestampMs ?? 0,
      executedRoot: this.rootAt(this.height),
      certificate: head?.certificate,
      recentBlocks: this.entries.slice(-windowBlocks),
      certifiedHeight: this.certifiedHeight,
      checkpoint: this.checkpoints.get(this.certifiedHeight),
      endedEpochs: this.endedEpochs(organisation),
      pending: pending && seatsOf(pending, organisation),
      journal,
      appliedHeight,
    };
  }
}
