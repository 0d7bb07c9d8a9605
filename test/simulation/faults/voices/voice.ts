/**
 * What a Byzantine validator says in place of what its replica wants to say. A voice owns no key but its own, and each of its
 * lies is a decision of the fault plan, named after the message that it concerns.
 */
import type { PeerMessage } from '../../../../src/node/ports.js';
import { signBytes } from '../../../../src/protocol/pbft/sign-bytes.js';
import type { SignRequest } from '../../../../src/protocol/pbft/effect.js';
import type {
  Epoch,
  PeerIndex,
  PublicKey,
  Signature,
  ValidatorIndex,
} from '../../../../src/protocol/primitives/identifiers.js';
import { quorumSize } from '../../../../src/protocol/primitives/quorum.js';
import type { Cluster } from '../../cluster.js';
import { STREAM, type RandomSequence } from '../../randomness.js';
import { seatIn, type SimulatedTerms } from '../../twins/simulated-governance.js';
import { simulatedKey } from '../../twins/simulated-keyring.js';
import { kindNumber, placeOf, type Endpoint } from '../../twins/simulated-network.js';

export abstract class Voice {
  private readonly counts = new Map<string, number>();

  constructor(
    protected readonly endpoint: Endpoint,
    protected readonly cluster: Cluster,
  ) {}

  /** What goes to one receiver in place of `message`: nothing, itself, something else, or more. */
  protected abstract wordsFor(to: PeerIndex, message: PeerMessage): readonly PeerMessage[];

  /** Called once for each message, before it is turned into words for anybody. */
  protected prepare(_message: PeerMessage): void {
    return;
  }

  hear(_message: PeerMessage): void {
    return;
  }

  say(to: PeerIndex | 'all', message: PeerMessage): void {
    this.prepare(message);
    const { network } = this.cluster;
    const others = new Set(network.endpoints.map(({ index }) => index));
    others.delete(this.endpoint.index);
    const receivers = to === 'all' ? others : [to];
    for (const receiver of receivers) {
      for (const words of this.wordsFor(receiver, message)) network.send(this.endpoint, receiver, words);
    }
  }

  /** A source of chance for this message if the plan wants a lie here, else `undefined`. */
  protected lie(message: PeerMessage, to: PeerIndex, probability: number): RandomSequence | undefined {
    const { randomness, plan } = this.cluster;
    const place = placeOf(message);
    const key = `${message.type} ${place} to ${to}`;
    const count = this.counts.get(key) ?? 0;
    this.counts.set(key, count + 1);
    const random = randomness.sequence(STREAM.liar, this.endpoint.id, kindNumber(message), place, to, count);
    const isDrawn = random.chance(probability);
    return plan.happens(isDrawn, () => `lie of ${this.endpoint.id}: ${key} #${count}`) ? random : undefined;
  }

  protected sign(request: SignRequest): Signature {
    const { genesis, keyring } = this.cluster;
    return keyring.sign(this.keyIn(request.epoch), signBytes(request, genesis.chainId, genesis.origin));
  }

  /** Own place in an epoch; 0, which is somebody else's, where it has none. */
  protected seatIn(epoch: Epoch): ValidatorIndex {
    const terms = this.termsOf(epoch);
    return (terms && seatIn(terms, this.endpoint.index)) ?? 0;
  }

  protected quorumIn(epoch: Epoch): number {
    return quorumSize(this.termsOf(epoch)?.validators.length ?? 1);
  }

  private keyIn(epoch: Epoch): PublicKey {
    const terms = this.termsOf(epoch);
    const seat = terms && seatIn(terms, this.endpoint.index);
    return terms?.validators[seat ?? -1]?.ledgerKey ?? simulatedKey(this.endpoint.index);
  }

  private termsOf(epoch: Epoch): SimulatedTerms | undefined {
    return this.cluster.agreement.governance.termsOf(epoch);
  }
}
