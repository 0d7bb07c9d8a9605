/** A NodeObserver that keeps what a test asks about and forgets the rest. */
import type { NodeObserver, ObservedMembers } from '../../src/node/ports.js';

export interface RecordingObserver extends NodeObserver {
  readonly logged: { readonly level: string; readonly message: string; readonly text: string }[];
  readonly refused: { readonly index: number; readonly code: string }[];
  /** Who was proven to have equivocated, once for each proof. */
  readonly offenders: string[];
  /** What was last told of members and validators. */
  members: ObservedMembers | undefined;
  readonly messages: Map<string, number>;
}

export function createRecordingObserver(): RecordingObserver {
  const nothing = () => undefined;
  const messages = new Map<string, number>();
  const observer: RecordingObserver = {
    logged: [],
    refused: [],
    offenders: [],
    members: undefined,
    messages,
    onTrace: nothing,
    onBlockCommitted: nothing,
    onTransactionAdmitted: nothing,
    onTransactionRejected: nothing,
    onTransactionCommitted: nothing,
    onMempool: nothing,
    onReplica: nothing,
    onPeer: nothing,
    onPeerStatus: nothing,
    onPeerMessage: (direction, type, count) => {
      const key = `${direction} ${type}`;
      messages.set(key, (messages.get(key) ?? 0) + count);
    },
    onPeerMessageRefused: (index, code) => observer.refused.push({ index, code }),
    onEquivocation: (organisation) => observer.offenders.push(organisation),
    onMembers: (members) => {
      observer.members = members;
    },
    onScrub: nothing,
    onScrubFinding: nothing,
    onJournalSync: nothing,
    onHealth: nothing,
    log: (level, message, fields) =>
      observer.logged.push({ level, message, text: `${message} ${JSON.stringify(fields ?? {})}` }),
  };
  return observer;
}
