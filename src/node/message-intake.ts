/**
 * Everything that arrives from peers: filtered cheaply, verified once, and handed to whom it concerns. A message that
 * no correct peer sends (bad signature, body that is not the header's) is counted and its sender cut off.
 */
import type { MessageContext, VerificationContext } from '../protocol/pbft/certificate.js';
import type { Message, Vote } from '../protocol/pbft/message.js';
import type { Replica } from '../protocol/pbft/replica.js';
import { verifyMessage } from '../protocol/pbft/verify-message.js';
import type { PeerIndex } from '../protocol/primitives/identifiers.js';
import type { BlockContents } from './proposal/block-contents.js';
import type { BlockFetcher } from './catch-up/block-fetcher.js';
import type { BlockServer } from './catch-up/block-server.js';
import type {
  Clock,
  NodeObserver,
  PeerEvents,
  PeerMessage,
  PeerNetwork,
  ReceiptSignatureResponse,
} from './ports.js';
import type { Roster } from './members/roster.js';
import type { ReceiptSignatureServer } from './receipts/receipt-signature-server.js';
import type { ReceiptSignatures } from './receipts/receipt-signatures.js';
import type { ReplicaLoop } from './replica-loop.js';
import type { PeerStatuses } from './status/peer-statuses.js';
import type { PeerTransactions } from './submission/peer-transactions.js';

export interface MessageIntakePorts {
  readonly chain: VerificationContext;
  readonly roster: Pick<Roster, 'peerOf'>;
  readonly contents: Pick<BlockContents, 'isBodyBound'>;
  readonly replica: Pick<Replica, 'wants' | 'seatOf'>;
  readonly loop: Pick<ReplicaLoop, 'enqueue'>;
  readonly fetcher: Pick<BlockFetcher, 'onResponse' | 'onDisconnected'>;
  readonly server: Pick<BlockServer, 'onRequest'>;
  readonly transactions: Pick<PeerTransactions, 'onBatch'>;
  readonly receiptServer: Pick<ReceiptSignatureServer, 'onRequest'>;
  readonly receiptSignatures: Pick<ReceiptSignatures, 'onResponse'>;
  readonly network: Pick<PeerNetwork, 'disconnect'>;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  readonly peers: PeerStatuses;
  readonly onPeersChanged: (index: PeerIndex, connected: boolean) => void;
}

export class MessageIntake implements PeerEvents {
  private readonly context: MessageContext;

  constructor(private readonly ports: MessageIntakePorts) {
    const { chain, contents } = ports;
    this.context = {
      ...chain,
      isBodyBound: (block) => contents.isBodyBound(block),
    };
  }

  onMessage(from: PeerIndex, message: PeerMessage): void {
    const { peers, clock } = this.ports;
    peers.onHeard(from, clock.wallMs());
    switch (message.type) {
      case 'syncRequest':
        this.ports.server.onRequest(from, message);
        return;
      case 'syncResponse':
        this.ports.fetcher.onResponse(from, message);
        return;
      case 'transactionBatch': {
        const problem = this.ports.transactions.onBatch(message);
        if (problem !== undefined) this.cutOff(from, 'SIGNATURE_INVALID', problem);
        return;
      }
      case 'receiptSignatureRequest':
        this.ports.receiptServer.onRequest(from, message);
        return;
      case 'receiptSignatureResponse':
        this.onReceiptSignature(from, message);
        return;
      default:
        this.onConsensusMessage(from, message);
    }
  }

  private onReceiptSignature(from: PeerIndex, response: ReceiptSignatureResponse): void {
    this.ports.receiptSignatures.onResponse(from, response).then(
      (problem) => {
        if (problem !== undefined) this.cutOff(from, 'SIGNATURE_INVALID', problem);
      },
      (error: unknown) => {
        const reason = { error: String(error) };
        this.ports.observer.log('warn', 'an answer for a COSE receipt could not be judged', reason);
      },
    );
  }

  onConnected(index: PeerIndex): void {
    this.ports.observer.onPeer(index, true);
    this.ports.peers.onConnected(index, true, this.ports.clock.wallMs());
    this.ports.loop.enqueue({ type: 'peer', index, connected: true });
    this.ports.onPeersChanged(index, true);
  }

  onDisconnected(index: PeerIndex): void {
    this.ports.observer.onPeer(index, false);
    this.ports.peers.onConnected(index, false, this.ports.clock.wallMs());
    this.ports.loop.enqueue({ type: 'peer', index, connected: false });
    this.ports.fetcher.onDisconnected(index);
    this.ports.onPeersChanged(index, false);
  }

  private onConsensusMessage(from: PeerIndex, message: Message): void {
    const { replica, loop, clock, observer, peers } = this.ports;
    const arrivedAtMs = clock.wallMs();
    // Before the filter: a late vote is of no use to the replica, and still the last that its signer said.
    if (message.type === 'vote' && this.isSignedBy(from, message)) peers.onVote(from, message, arrivedAtMs);
    const seat = replica.seatOf(from);
    if (!replica.wants(from, message)) return;
    const verified = verifyMessage(message, seat, this.context);
    if (!verified.ok) {
      this.cutOff(from, verified.rejection.code, verified.rejection.message);
      return;
    }
    if (message.type === 'status') {
      peers.onStatus(from, message, arrivedAtMs);
      observer.onPeerStatus(from, {
        height: message.executedHeight,
        clockOffsetMs: message.clockMs - arrivedAtMs,
      });
    }
    loop.enqueue({ type: 'message', from, message: verified.value, arrivedAtMs });
  }

  /** Whether the place that the vote names is this peer's. */
  private isSignedBy(from: PeerIndex, { epoch, signer }: Pick<Vote, 'epoch' | 'signer'>): boolean {
    const organisation = this.ports.chain.validatorsIn(epoch)?.[signer]?.organisation;
    return organisation !== undefined && this.ports.roster.peerOf(organisation) === from;
  }

  private cutOff(from: PeerIndex, code: string, reason: string): void {
    this.ports.observer.onPeerMessageRefused(from, code);
    this.ports.network.disconnect(from, reason);
  }
}
