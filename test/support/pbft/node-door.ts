/** The way of a peer's bytes into a node: decoded, filtered, verified, handed to the replica. Everything on it is real. */
import { decodeMessage } from '../../../src/network/message-mapping/decode-message.js';
import { encodeMessage } from '../../../src/network/message-mapping/encode-message.js';
import { messageLimits } from '../../../src/network/message-mapping/message-limits.js';
import { MessageIntake } from '../../../src/node/message-intake.js';
import type { PeerMessage } from '../../../src/node/ports.js';
import { BlockContents } from '../../../src/node/proposal/block-contents.js';
import { PeerStatuses } from '../../../src/node/status/peer-statuses.js';
import { ed25519Verifier } from '../../../src/protocol/crypto/ed25519.js';
import type { ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
import type { RejectionCode } from '../../../src/protocol/primitives/rejection.js';
import { createRecordingObserver } from '../recording-observer.js';
import { RecordingNetwork } from '../recording-network.js';
import { SimulatedClock } from '../simulated-clock.js';
import type { ReplicaBench } from './replica-bench.js';
import { genesis, VALIDATORS } from './signed-messages.js';
import { EpochHistory } from '../../../src/node/epochs/epoch-history.js';
import { Roster } from '../../../src/node/members/roster.js';
import { createVerificationContext } from '../../../src/node/verification-context.js';

export const limits = messageLimits(VALIDATORS, genesis.parameters);

const BLOCKS_OPENED_MAX = 64;
const nobody = (): never => {
  throw new Error('not a matter of the replica');
};

/** What became of the bytes. Malformed and refused cost the peer its stream and are counted; unwanted is just dropped. */
export type Outcome = 'taken' | 'unwanted' | 'refused' | 'malformed';

export interface Arrival {
  readonly outcome: Outcome;
  /** Why it was refused; for people. */
  readonly reason: string | undefined;
}

export class NodeDoor {
  /** Of every message that was refused, as the node reports it. */
  readonly refusals: RejectionCode[] = [];
  private readonly network = new RecordingNetwork();
  private readonly observer = createRecordingObserver();
  private readonly intake: MessageIntake;
  private takenCount = 0;

  constructor(private readonly bench: ReplicaBench) {
    const epochs = new EpochHistory(genesis);
    this.intake = new MessageIntake({
      chain: createVerificationContext(genesis, epochs, ed25519Verifier),
      roster: new Roster(genesis.organisations),
      contents: new BlockContents({ get: () => undefined }, ed25519Verifier, epochs, BLOCKS_OPENED_MAX),
      replica: bench.replica,
      loop: {
        enqueue: (input) => {
          this.takenCount += 1;
          bench.input(input);
        },
      },
      fetcher: { onResponse: nobody, onDisconnected: nobody },
      server: { onRequest: nobody },
      transactions: { onBatch: nobody },
      receiptServer: { onRequest: nobody },
      receiptSignatures: { onResponse: nobody },
      network: this.network,
      clock: new SimulatedClock(0),
      observer: this.observer,
      peers: new PeerStatuses((peer) => peer < VALIDATORS, 0),
      onPeersChanged: nobody,
    });
  }

  send(from: ValidatorIndex, message: PeerMessage): Arrival {
    return this.deliver(from, encodeMessage(message));
  }

  deliver(from: ValidatorIndex, bytes: Uint8Array): Arrival {
    this.bench.effects = [];
    const decoded = decodeMessage(bytes, limits);
    if (!decoded.ok) {
      this.refusals.push(decoded.rejection.code);
      return { outcome: 'malformed', reason: decoded.rejection.message };
    }
    if (decoded.value.type === 'hello') throw new Error('a Hello is a matter of the stream');
    const before = this.takenCount;
    this.intake.onMessage(from, decoded.value);
    if (this.takenCount > before) return { outcome: 'taken', reason: undefined };
    const [cut] = this.network.cutOff.splice(0);
    if (cut === undefined) return { outcome: 'unwanted', reason: undefined };
    this.refusals.push(this.observer.refused.at(-1)!.code as RejectionCode);
    return { outcome: 'refused', reason: cut.reason };
  }
}
