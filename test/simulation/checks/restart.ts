/**
 * What would come back if a node ended now: a replica is built from the journal and the database as they are at this moment,
 * hears that its peers know nothing more, and must stand where the living one stands. What it would say again must be what
 * was said (PBFT-RECOVER-1, PBFT-RECOVER-2, PBFT-RECOVER-5).
 */
import type { Effect, SignRequest } from '../../../src/protocol/pbft/effect.js';
import type { VerifiedMessage } from '../../../src/protocol/pbft/message.js';
import { createReplica, type Replica } from '../../../src/protocol/pbft/replica.js';
import type { RecoveredState, ReplicaConfig } from '../../../src/protocol/pbft/replica-config.js';
import type { ReplicaView } from '../../../src/protocol/pbft/replica-report.js';
import type { PeerIndex } from '../../../src/protocol/primitives/identifiers.js';
import { seatsOf } from '../twins/simulated-governance.js';
import { resultRootOf, transactionsOf, type SimulatedLedger } from '../twins/simulated-ledger.js';

/** The part of a replica's standing that does not end with its process. */
function lasting({ epoch, view, phase, standing, ...rest }: ReplicaView): object {
  const { committedHeight, committedHash, preparedHeight, acceptedHeight, tips } = rest;
  return {
    view: `${epoch}/${view} ${phase}, ${standing}`,
    heights: `committed ${committedHeight} ${committedHash}, prepared ${preparedHeight}, accepted ${acceptedHeight}`,
    tips: tips.map((tip) => `${tip.view}/${tip.height} ${tip.blockHash}`).sort(),
  };
}

/** Wakes the replica as its node would, with a database that catches up at once. */
function wake(replica: Replica, { index, ledger, recovered }: Restarted): readonly Effect[] {
  const governance = ledger.governanceAnew();
  const effects = [...replica.start(0)];
  const echo = (): void => {
    const { epoch } = replica.view();
    const message = { type: 'echo', epoch, votes: [], change: undefined } as unknown as VerifiedMessage;
    for (const { organisation: from } of governance.termsOf(epoch)?.voters ?? []) {
      if (from !== index) effects.push(...replica.step({ type: 'message', from, message, arrivedAtMs: 0 }));
    }
  };
  echo();
  let root = recovered.executedRoot;
  for (const effect of effects) {
    if (effect.type === 'epochBegun') echo();
    if (effect.type !== 'execute') continue;
    const { height } = effect.block.header;
    root = resultRootOf(root, effect.block);
    const terms = governance.apply(height, transactionsOf(effect.block));
    const scheduled = terms && seatsOf(terms, index);
    effects.push(...replica.step({ type: 'executed', height, root, scheduled }));
  }
  return effects;
}

/** What a process that ends now would leave behind. */
interface Restarted {
  readonly index: PeerIndex;
  readonly ledger: SimulatedLedger;
  readonly config: ReplicaConfig;
  readonly recovered: RecoveredState;
}

export function restartProblem(
  restarted: Restarted,
  living: ReplicaView,
  isContradiction: (request: SignRequest) => boolean,
): string | undefined {
  const replica = createReplica(restarted.config, restarted.recovered);
  const effects = wake(replica, restarted);
  const [was, is] = [JSON.stringify(lasting(living)), JSON.stringify(lasting(replica.view()))];
  if (was !== is) return `RESTART: ${is} in place of ${was}`;
  const other = effects.find((effect) => effect.type === 'sign' && isContradiction(effect.request));
  return other && `RESTART: would sign another ${JSON.stringify(other)}`;
}
