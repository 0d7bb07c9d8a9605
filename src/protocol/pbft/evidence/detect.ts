/**
 * Where two messages of one validator contradict each other (PBFT-EVIDENCE-1, PBFT-EVIDENCE-2). Each function compares a
 * verified message with what is held, and accuses when no correct validator could have signed both.
 */
import type { Digest } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import { isConcealed, type BindingVoteKind, type SignedDigest } from '../evidence.js';
import type { CheckpointVote, NewView, PrePrepare, Vote } from '../message.js';
import type { ReplicaState } from '../state/replica-state.js';
import { currentPrimary } from '../state/standing.js';
import { newViewDigest, viewChangeDigest, type ViewChange } from '../view-change.js';
import { accuse } from './accuse.js';

interface Place {
  readonly offender: number;
  readonly kind: BindingVoteKind;
  readonly view: number;
  readonly height: number;
}

/** True when the two differ. */
function accuseIfDifferent(
  state: ReplicaState,
  place: Place,
  first: SignedDigest,
  second: SignedDigest,
  effects: Effect[],
): boolean {
  if (first.digest === second.digest) return false;
  accuse(state, { type: 'conflictingVotes', epoch: state.epoch, ...place, first, second }, effects);
  return true;
}

const asDigest = (hash: string): Digest => hash as Digest;

/** A second PREPARE or COMMIT of one signer for one view and height. */
export function detectConflictingVotes(
  state: ReplicaState,
  held: Vote,
  vote: Vote,
  effects: Effect[],
): boolean {
  const { kind, view, height, signer } = vote;
  return accuseIfDifferent(
    state,
    { offender: signer, kind, view, height },
    { digest: asDigest(held.blockHash), signature: held.signature },
    { digest: asDigest(vote.blockHash), signature: vote.signature },
    effects,
  );
}

/** A second proposal of this view's primary for one height. */
export function detectConflictingProposal(
  state: ReplicaState,
  { view, block, signature }: PrePrepare,
  effects: Effect[],
): boolean {
  const { height } = block.header;
  const held = state.proposals.get(height);
  if (held === undefined) return false;
  return accuseIfDifferent(
    state,
    { offender: currentPrimary(state), kind: 'propose', view, height },
    { digest: asDigest(held.block.hash), signature: held.signature },
    { digest: asDigest(block.hash), signature },
    effects,
  );
}

/** A second line of one signer under the checkpoint of a height. */
export function detectConflictingLines(
  state: ReplicaState,
  held: CheckpointVote,
  line: CheckpointVote,
  effects: Effect[],
): void {
  if (held.root === line.root) return;
  const { epoch, height, signer: offender } = line;
  const first = { digest: held.root, signature: held.signature };
  const second = { digest: line.root, signature: line.signature };
  accuse(state, { type: 'conflictingCheckpoints', epoch, offender, height, first, second }, effects);
}

/** A second view change of one signer for one view. */
export function detectConflictingChange(state: ReplicaState, change: ViewChange, effects: Effect[]): boolean {
  const held = state.viewState.changes.get(change.signer) ?? state.lastWords[change.signer]?.change;
  if (held?.view !== change.view) return false;
  return accuseIfDifferent(
    state,
    { offender: change.signer, kind: 'viewChange', view: change.view, height: 0 },
    { digest: viewChangeDigest(held), signature: held.signature },
    { digest: viewChangeDigest(change), signature: change.signature },
    effects,
  );
}

/** A second NEWVIEW for the view that this replica is in. */
export function detectConflictingNewView(state: ReplicaState, message: NewView, effects: Effect[]): void {
  const { entered } = state.viewState;
  if (entered?.signature === undefined) return;
  accuseIfDifferent(
    state,
    { offender: currentPrimary(state), kind: 'newView', view: message.view, height: 0 },
    { digest: newViewDigest(entered.changes), signature: entered.signature },
    { digest: newViewDigest(message.changes), signature: message.signature },
    effects,
  );
}

/** A COMMIT that the signer's later view change says nothing of. */
function accuseOfConcealment(state: ReplicaState, commit: Vote, change: ViewChange, effects: Effect[]): void {
  const { base, tips, view, signature, signer: offender } = change;
  if (!isConcealed(commit, { view, claim: { base, tips } })) return;
  // A base that only a later view committed may have pushed the tip aside: then nothing is proven.
  const isOfBefore = base.certificate !== undefined && base.certificate.epoch < state.epoch;
  if (base.height > 0 && !isOfBefore && (base.certificate?.view ?? Infinity) > commit.view) return;
  const claim = {
    base: { height: base.height, blockHash: base.blockHash },
    tips: tips.map((tip) => ({ view: tip.view, height: tip.height, blockHash: tip.blockHash })),
  };
  accuse(
    state,
    {
      type: 'concealedCommit',
      offender,
      epoch: state.epoch,
      commit: {
        view: commit.view,
        height: commit.height,
        blockHash: commit.blockHash,
        signature: commit.signature,
      },
      viewChange: { view, claim, signature },
      baseCertificate: base.certificate,
    },
    effects,
  );
}

/** Compares a view change with the COMMITs that are held of its signer. */
export function detectConcealedCommit(state: ReplicaState, change: ViewChange, effects: Effect[]): void {
  const commit = state.lastWords[change.signer]?.commit;
  const held = state.votes.commitsOf(change.signer);
  for (const vote of commit === undefined ? held : [...held, commit]) {
    accuseOfConcealment(state, vote, change, effects);
  }
}

/** Compares a COMMIT with the view change that is held of its signer. */
export function detectConcealingChange(state: ReplicaState, commit: Vote, effects: Effect[]): void {
  const change = state.lastWords[commit.signer]?.change;
  if (commit.kind === 'commit' && change !== undefined) accuseOfConcealment(state, commit, change, effects);
}
