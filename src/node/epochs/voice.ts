/** What voice this node's organisation has: for the status page and the log, in words. */
import type { ReplicaView } from '../../protocol/pbft/replica-report.js';
import type { Height, OrganisationName, PublicKey } from '../../protocol/primitives/identifiers.js';
import type { Roster } from '../members/roster.js';
import type { EpochHistory } from './epoch-history.js';

export type Voice =
  | { readonly kind: 'validator' }
  /** It has left the validators, and they still need its node (PBFT-EPOCH-5). */
  | { readonly kind: 'leaving'; readonly lastHeight: Height; readonly isReplaced: boolean }
  | { readonly kind: 'left'; readonly lastHeight: Height }
  /** It is no member any more. */
  | { readonly kind: 'removed'; readonly height: Height }
  /** The next validators have it among them. */
  | { readonly kind: 'promoted'; readonly firstHeight: Height }
  | { readonly kind: 'member' }
  /** The ledger does not know the organisation. */
  | { readonly kind: 'stranger' }
  /** The place is there, and it is another key's. */
  | { readonly kind: 'otherKey'; readonly named: PublicKey; readonly own: PublicKey };

export interface VoiceSources {
  readonly epochs: EpochHistory;
  readonly roster: Pick<Roster, 'peerOf'>;
  readonly organisation: OrganisationName;
  readonly ledgerKey: PublicKey;
  /** First height at which the organisation is no member any more. */
  readonly removedHeight: () => Height | undefined;
}

export function voiceOf(
  { epochs, roster, organisation, ledgerKey, removedHeight }: VoiceSources,
  { epoch, isLeaving }: Pick<ReplicaView, 'epoch' | 'isLeaving'>,
): Voice {
  const keyIn = (of: number): PublicKey | undefined =>
    epochs.termsOf(of)?.validators.find((validator) => validator.organisation === organisation)?.ledgerKey;
  const named = keyIn(epoch);
  const next = epochs.termsOf(epoch + 1);
  if (named === ledgerKey) return { kind: 'validator' };
  if (next !== undefined && keyIn(epoch + 1) === ledgerKey)
    return { kind: 'promoted', firstHeight: next.firstHeight };
  if (named !== undefined && !isLeaving) return { kind: 'otherKey', named, own: ledgerKey };
  const last = lastEpochWith((of) => keyIn(of) === ledgerKey, epoch);
  const lastHeight = last === undefined ? undefined : (epochs.termsOf(last + 1)?.firstHeight ?? 1) - 1;
  const removed = removedHeight();
  if (removed !== undefined && !isLeaving) return { kind: 'removed', height: removed };
  if (lastHeight !== undefined)
    return isLeaving
      ? { kind: 'leaving', lastHeight, isReplaced: named !== undefined }
      : { kind: 'left', lastHeight };
  return { kind: roster.peerOf(organisation) === undefined ? 'stranger' : 'member' };
}

function lastEpochWith(matches: (epoch: number) => boolean, present: number): number | undefined {
  for (let epoch = present - 1; epoch >= 0; epoch--) if (matches(epoch)) return epoch;
  return undefined;
}

/** Completes "this node follows … without a vote: ". */
export function describeVoice(
  voice: Exclude<Voice, { kind: 'validator' }>,
  organisation: OrganisationName,
): string {
  switch (voice.kind) {
    case 'leaving':
      return voice.isReplaced
        ? `another key votes for ${organisation} after height ${voice.lastHeight}, and this one is needed until the others have gone on: leave the node running, then start it with the new key`
        : `${organisation} is no validator after height ${voice.lastHeight}, and its node is needed until the others have gone on without it: leave it running, and keep its ledger key`;
    case 'left':
      return `${organisation} is no validator after height ${voice.lastHeight}, and its node may be stopped`;
    case 'removed':
      return `${organisation} was removed from the consortium and is no member from height ${voice.height} on; nobody lets its node in, and it may be stopped`;
    case 'promoted':
      return `${organisation} is a validator from height ${voice.firstHeight} on`;
    case 'member':
      return `${organisation} is a member and waits for the members to make it a validator`;
    case 'stranger':
      return `${organisation} is not on the ledger and waits for the members to admit it; until then nobody lets its node in`;
    case 'otherKey':
      return `the ledger names the key ${voice.named} for ${organisation}, and this node has ${voice.own}: start it with the key that the ledger names (keys.ledgerKey)`;
  }
}
