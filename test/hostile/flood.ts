/** Everything that one faulty validator can say with its own key and with what the others have signed, far more often than anybody needs. */
import type { Message, Status } from '../../src/protocol/pbft/message.js';
import { newViewDigest } from '../../src/protocol/pbft/view-change.js';
import type { Block } from '../../src/protocol/ledger/block.js';
import type { BindingVoteKind, ConflictingVotes } from '../../src/protocol/pbft/evidence.js';
import { encodeVote } from '../../src/protocol/encoding/vote-bytes.js';
import type { Digest } from '../../src/protocol/primitives/identifiers.js';
import {
  certifiedOf,
  changeOf,
  decidedOf,
  echoOf,
  genesis,
  GENESIS_HASH,
  lineOf,
  newViewOf,
  proposalOf,
  signAs,
  signBytesAs,
  suspectOf,
  testBlock,
  testRoot,
  timeoutOf,
  tipOf,
  viewChangeOf,
  voteOf,
} from '../support/pbft/signed-messages.js';

/** Validator 0, the primary of every fourth view. */
export const FLOODER = 0;

const FAR = [1_000, 2 ** 32, 2 ** 53 - 2];
const upTo = (count: number, first = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);

/** Proposals of every height around the window and far beyond it, several for each, in the views that are its own. */
export function* proposals(views: readonly number[]): Generator<Message> {
  for (const view of views) {
    for (const height of [...upTo(20, 1), ...FAR]) {
      for (const salt of upTo(3)) yield proposalOf(testBlock(height, GENESIS_HASH, salt, view), view);
    }
  }
}

export function* votes(): Generator<Message> {
  for (const height of [...upTo(16, 1), ...FAR]) {
    for (const kind of ['prepare', 'commit'] as const) {
      for (const view of [...upTo(9), ...FAR]) {
        for (const salt of upTo(2)) yield voteOf(FLOODER, kind, testBlock(height, GENESIS_HASH, salt), view);
      }
    }
  }
}

export function* lines(): Generator<Message> {
  for (const height of [...upTo(30, 1), ...FAR]) {
    for (const salt of upTo(3)) yield lineOf(FLOODER, height, testRoot(height, salt));
  }
}

export function* suspicions(): Generator<Message> {
  for (const view of [...upTo(40), ...FAR]) yield suspectOf(FLOODER, view);
}

/** For the one view that the others have ended, and for many that nobody has. */
export function* viewChanges(endedView: number): Generator<Message> {
  const blocks = upTo(30).map((salt) => testBlock(1, GENESIS_HASH, salt));
  for (const block of blocks)
    yield viewChangeOf(changeOf(FLOODER, endedView + 1, { tips: [tipOf([block])] }));
  for (const view of [...upTo(40, 2), 2 ** 32]) {
    const alone = timeoutOf(view - 1, [FLOODER]);
    yield { type: 'viewChange', timeout: alone, change: changeOf(FLOODER, view) };
    yield { type: 'viewChange', timeout: timeoutOf(endedView), change: changeOf(FLOODER, view) };
  }
}

/** As the primary of `view`: over every quorum of the view changes there are, and with claims of its own. */
export function* newViews(view: number): Generator<Message> {
  const others = [1, 2, 3].map((signer) => changeOf(signer, view));
  for (const salt of upTo(20)) {
    const tips = [tipOf([testBlock(1, GENESIS_HASH, salt)])];
    for (const left of upTo(3)) {
      yield newViewOf([changeOf(FLOODER, view, { tips }), ...others.filter((_, index) => index !== left)]);
    }
  }
  const signature = signAs(FLOODER, { type: 'newView', epoch: 0, view, digest: newViewDigest([]) });
  yield { type: 'newView', epoch: 0, view, changes: [], signature };
}

/** Of itself: it may sign what it likes twice. */
export function* evidence(): Generator<Message> {
  const digests = ['a1', 'b2'].map((byte) => byte.repeat(32) as Digest);
  for (const kind of ['propose', 'prepare', 'commit', 'viewChange'] as readonly BindingVoteKind[]) {
    for (const place of upTo(15, 1)) {
      const height = kind === 'viewChange' ? 0 : place;
      const slot = { kind, view: 4 * place, height, epoch: 0 };
      const [first, second] = digests.map((digest) => ({
        digest,
        signature: signBytesAs(FLOODER, encodeVote({ ...slot, chainId: genesis.chainId, digest })),
      }));
      const proof: ConflictingVotes = {
        type: 'conflictingVotes',
        offender: FLOODER,
        ...slot,
        first: first!,
        second: second!,
      };
      yield { type: 'evidence', evidence: proof };
    }
  }
}

export function* statuses(status: Status): Generator<Message> {
  for (const number of upTo(60)) {
    const height = number * 7;
    const heights = {
      committedHeight: height,
      executedHeight: height,
      acceptedHeight: height,
      proposalHeight: height,
    };
    yield { ...status, ...heights, view: number % 9, phase: number % 2 === 0 ? 'active' : 'changing' };
    yield { ...status, standing: 'waking', certifiedHeight: height, preparedHeight: height };
  }
}

export function* questions(blocks: readonly Block[]): Generator<Message> {
  for (const number of upTo(60)) {
    yield { type: 'fetchBlock', blockHash: blocks[number % blocks.length]!.hash };
    yield { type: 'fetchBlock', blockHash: testBlock(number + 1, GENESIS_HASH).hash };
    yield { type: 'blockReply', block: testBlock(number + 1, GENESIS_HASH) };
    yield echoOf([voteOf(FLOODER, 'prepare', blocks[0]!, number)], changeOf(FLOODER, number + 1));
  }
}

/** What the others have really certified, from a chain that is further than this replica. */
export function* certificates(blocks: readonly Block[]): Generator<Message> {
  for (const block of [...blocks].reverse()) yield decidedOf(block);
  for (const block of blocks) yield decidedOf(block);
  for (const block of blocks) yield certifiedOf(block.header.height);
}
