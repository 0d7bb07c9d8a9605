/** One message of every type, and the replica that takes it: with real signatures, on real blocks. */
import type { Message } from '../../src/protocol/pbft/message.js';
import type { ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';
import type { Block } from '../../src/protocol/ledger/block.js';
import { ReplicaBench } from '../support/pbft/replica-bench.js';
import {
  baseOf,
  certifiedOf,
  changeOf,
  decidedOf,
  echoOf,
  genesis,
  lineOf,
  newViewOf,
  proposalOf,
  suspectOf,
  testChain,
  tipOf,
  viewChangeOf,
  voteOf,
} from '../support/pbft/signed-messages.js';
import { signedEvidence } from '../support/signed-evidence.js';

export interface SampleArrival {
  readonly name: string;
  readonly from: ValidatorIndex;
  readonly message: Message;
  /** A replica, validator 1 unless it says otherwise, that takes the message. */
  readonly bench: () => ReplicaBench;
}

export const chain = testChain(4);
const [first, second, third] = chain as readonly [Block, Block, Block, Block];

const fresh = (): ReplicaBench => new ReplicaBench();

function holding(): ReplicaBench {
  const bench = new ReplicaBench();
  bench.accept(first);
  return bench;
}

function lacking(): ReplicaBench {
  const bench = new ReplicaBench();
  bench.decide(first);
  return bench;
}

function waking(): ReplicaBench {
  const before = new ReplicaBench();
  before.prepare(first);
  return new ReplicaBench({}, { journal: before.journal }, { wakes: false });
}

/** Block 1 is committed; above it one block was prepared in view 2, two in view 1. */
export const richClaims = { base: baseOf(first), tips: [tipOf([second], 2), tipOf([second, third], 1)] };

/** The others have left view 2 for view 3, whose primary is validator 3. */
const newView = newViewOf([changeOf(0, 3), changeOf(2, 3, richClaims), changeOf(3, 3)]);

const status = new ReplicaBench({ self: 2 });
status.accept(first);
status.tick(status.state.config.statusIntervalMs);

export const sampleArrivals: readonly SampleArrival[] = [
  { name: 'a proposal', from: 0, message: proposalOf(first), bench: fresh },
  { name: 'a PREPARE', from: 2, message: voteOf(2, 'prepare', first), bench: fresh },
  { name: 'a COMMIT', from: 2, message: voteOf(2, 'commit', first, 4), bench: fresh },
  { name: 'a line of a checkpoint', from: 2, message: lineOf(2, 1), bench: fresh },
  { name: 'a checkpoint', from: 2, message: certifiedOf(1), bench: fresh },
  { name: 'a suspicion', from: 2, message: suspectOf(2, 0), bench: fresh },
  { name: 'a view change', from: 2, message: viewChangeOf(changeOf(2, 3, richClaims)), bench: fresh },
  { name: 'a first view change', from: 2, message: viewChangeOf(changeOf(2, 1)), bench: fresh },
  { name: 'a NEWVIEW', from: 3, message: newView, bench: fresh },
  {
    name: 'an echo',
    from: 2,
    message: echoOf([voteOf(1, 'prepare', first), voteOf(1, 'commit', first)], changeOf(3, 2)),
    bench: waking,
  },
  ...signedEvidence(genesis).map((evidence) => ({
    name: `evidence of ${evidence.type}`,
    from: 2,
    message: { type: 'evidence', evidence } as const,
    bench: (): ReplicaBench => new ReplicaBench({ self: 0 }),
  })),
  { name: 'a Status', from: 2, message: status.sentOf('status')[0]!, bench: holding },
  { name: 'a decision', from: 2, message: decidedOf(first), bench: fresh },
  {
    name: 'a request for a body',
    from: 2,
    message: { type: 'fetchBlock', blockHash: first.hash },
    bench: holding,
  },
  { name: 'a body', from: 0, message: { type: 'blockReply', block: first }, bench: lacking },
];
