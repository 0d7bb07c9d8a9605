/** Listens for the peers whose names sort before ours. Who a caller is says its certificate, before anything it sends is read. */
import grpc from '@grpc/grpc-js';
import type { Clock, NodeObserver } from '../node/ports.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { PEER_SERVICE, refuse, type ConnectCall } from './grpc-service.js';
import type { PeerIdentity } from './tls/peer-identity.js';
import type { TlsIdentity } from './tls/tls-identity.js';

export interface AcceptorPorts {
  readonly clock: Clock;
  readonly observer: Pick<NodeObserver, 'log'>;
  readonly tls: TlsIdentity;
  /** The server reads the bounds of a message from them for each new call. */
  readonly options: grpc.ChannelOptions;
  /** Takes the call over, or says why not. */
  readonly accept: (identity: PeerIdentity, call: ConnectCall) => string | undefined;
}

export class PeerAcceptor {
  private readonly server: grpc.Server;
  private boundPort: number | undefined;

  constructor(private readonly ports: AcceptorPorts) {
    this.server = new grpc.Server(ports.options);
    this.server.addService(PEER_SERVICE, {
      connect: (call: ConnectCall) => {
        this.onCall(call);
      },
    });
  }

  get port(): number | undefined {
    return this.boundPort;
  }

  /** Rejects with PEER_ADDRESS_UNAVAILABLE. */
  listen(host: string, port: number): Promise<void> {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      this.server.bindAsync(address, this.ports.tls.serverCredentials(), (error, bound) => {
        if (error === null) {
          this.boundPort = bound;
          resolve();
          return;
        }
        reject(
          new LedgerError(
            'PEER_ADDRESS_UNAVAILABLE',
            `cannot listen for peers on ${address}: free the port or set peer.host and peer.port`,
            { cause: error },
          ),
        );
      });
    });
  }

  /** Ends every connection at once. */
  close(): void {
    this.server.forceShutdown();
  }

  private onCall(call: ConnectCall): void {
    const { clock, tls, observer, accept } = this.ports;
    const certificate = call.getAuthContext().sslPeerCertificate?.raw;
    const identity = tls.memberKeys.identify(certificate, clock.wallMs());
    if (!identity.ok) {
      observer.log('warn', 'refused a connection', { reason: identity.rejection.message });
      refuse(call, grpc.status.UNAUTHENTICATED, identity.rejection.message);
      return;
    }
    const problem = accept(identity.value, call);
    if (problem !== undefined) refuse(call, grpc.status.PERMISSION_DENIED, problem);
  }
}
