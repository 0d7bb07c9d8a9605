/** A NodeObserver that looks away: the simulator has eyes of its own. */
import type { NodeObserver } from '../../../src/node/ports.js';

const ignore = (): void => undefined;

export const silentObserver: NodeObserver = {
  onTrace: ignore,
  onBlockCommitted: ignore,
  onTransactionAdmitted: ignore,
  onTransactionRejected: ignore,
  onTransactionCommitted: ignore,
  onMempool: ignore,
  onReplica: ignore,
  onPeer: ignore,
  onPeerStatus: ignore,
  onPeerMessage: ignore,
  onPeerMessageRefused: ignore,
  onEquivocation: ignore,
  onMembers: ignore,
  onScrub: ignore,
  onScrubFinding: ignore,
  onJournalSync: ignore,
  onHealth: ignore,
  log: ignore,
};
