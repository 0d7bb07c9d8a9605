/**
 * One real replica that goes from epoch 0 to epoch 1: block 1 schedules the change, and L is 2, so 3 is the last height of
 * epoch 0. A peer keeps its index; its place, and its key, are those of the epoch.
 */
import type { Block } from '../../../src/protocol/ledger/block.js';
import type { EndedEpoch } from '../../../src/protocol/pbft/epoch-seats.js';
import { validatorSetDigest } from '../../../src/protocol/ledger/validator-set.js';
import type { CheckpointCertificate } from '../../../src/protocol/pbft/certificate.js';
import type { RecoveredState, ReplicaConfig } from '../../../src/protocol/pbft/replica-config.js';
import type { PeerIndex } from '../../../src/protocol/primitives/identifiers.js';
import { EpochVoices, type TestVoter } from './epoch-voices.js';
import { ReplicaBench, type BenchOptions } from './replica-bench.js';
import { certificateOf, founders, genesis, GENESIS_HASH, testBlock, testRoot } from './signed-messages.js';

export const LAST_HEIGHT = 3;
export const FIRST_HEIGHT = 4;

export const [ACME, GLOBEX, INITECH, UMBRELLA, HOOLI] = [0, 1, 2, 3, 4] as const;

const voter = (peer: PeerIndex, organisation: string, keyName = organisation): TestVoter => ({
  peer,
  organisation,
  keyName,
});
const acme = voter(ACME, 'acme');
const globex = voter(GLOBEX, 'globex');
const hooli = voter(HOOLI, 'hooli');
const initech = voter(INITECH, 'initech');
const umbrella = voter(UMBRELLA, 'umbrella');

function epochOne(...voters: readonly TestVoter[]): EpochVoices {
  return new EpochVoices(genesis, 1, FIRST_HEIGHT, voters);
}

/** Umbrella leaves and Hooli joins: Initech's place was 2 and is 3. */
export const successors = epochOne(acme, globex, hooli, initech);
/** Hooli joins and nobody leaves: Q was 3 and is 4. */
export const enlarged = epochOne(acme, globex, hooli, initech, umbrella);
/** Initech votes with another key. */
export const rekeyed = epochOne(acme, globex, voter(INITECH, 'initech', 'initech, second key'), umbrella);

/** Blocks 1 to 6; block 3 is the last one of epoch 0. */
export function changingChain(next: EpochVoices): readonly Block[] {
  const blocks: Block[] = [];
  for (let height = 1; height <= 6; height++) {
    const parentHash = blocks.at(-1)?.hash ?? GENESIS_HASH;
    const end = { epochFinal: true, nextValidatorsDigest: validatorSetDigest(next.validators) };
    if (height >= FIRST_HEIGHT) blocks.push(next.testBlock(height, parentHash));
    else blocks.push(testBlock(height, parentHash, 0, 0, height === LAST_HEIGHT ? end : {}));
  }
  return blocks;
}

/** The end of epoch 0 as the database has it, certified unless the test says otherwise. */
export function endOf(
  chain: readonly Block[],
  peer: PeerIndex,
  checkpoint: CheckpointCertificate | undefined = founders.checkpointOf(LAST_HEIGHT),
): EndedEpoch {
  const { header, hash: blockHash } = chain[LAST_HEIGHT - 1]!;
  const certificate = certificateOf('commit', chain[LAST_HEIGHT - 1]!);
  return { seats: founders.seatsFor(peer), header, blockHash, certificate, checkpoint };
}

export class EpochBench extends ReplicaBench {
  readonly chain: readonly Block[];

  constructor(
    readonly own: PeerIndex,
    readonly next: EpochVoices = successors,
    recovered: Partial<RecoveredState> = {},
    config: Partial<ReplicaConfig> = {},
    options: Omit<BenchOptions, 'epochs' | 'peer'> = {},
  ) {
    const self = founders.placeOf(own);
    super({ self, ...config }, recovered, { ...options, epochs: [founders, next], peer: own });
    this.chain = changingChain(next);
  }

  /** The block of a height. */
  block(height: number): Block {
    return this.chain[height - 1]!;
  }

  /** Block sync brings it so far; what block 1 schedules comes with its execution. */
  bring(committed: number, executed = committed): void {
    for (let height = this.state.committed.height; height < committed; height++) {
      this.synced(this.block(height + 1));
      this.runUpTo(Math.min(executed, height + 1));
    }
    this.runUpTo(executed);
  }

  private runUpTo(executed: number): void {
    for (let height = this.state.executedHeight; height < executed; height++) this.run(height + 1);
  }

  /** The node executes a block. */
  run(height: number): void {
    this.executed(height, testRoot(height), height === 1 ? this.next.seatsFor(this.own) : undefined);
  }

  /** Everybody in the epoch after has heard nothing of this replica before. */
  wake(): void {
    for (const peer of this.peers()) this.message(peer, this.voices().echoOf());
  }
}
