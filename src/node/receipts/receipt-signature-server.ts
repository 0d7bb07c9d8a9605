/**
 * Signs the root of the result log with the organisation's ES256 key, for this node and for peers that ask: only a root that
 * this node has executed itself. One request of a peer at a time; a further one is dropped, and the peer asks again.
 */
import { receiptSigningBytes } from '../../protocol/proof/cose/cose-receipt.js';
import type { Digest, Height, OrganisationName, PeerIndex } from '../../protocol/primitives/identifiers.js';
import type {
  LedgerStore,
  NodeObserver,
  PeerNetwork,
  ReceiptKeys,
  ReceiptSignature,
  ReceiptSignatureRequest,
} from '../ports.js';
import type { CredentialDirectory } from './credential-directory.js';

export interface ReceiptSignatureServerPorts {
  readonly organisation: OrganisationName;
  readonly origin: string;
  readonly credentials: Pick<CredentialDirectory, 'signingKeys'>;
  readonly keys: ReceiptKeys;
  readonly store: Pick<LedgerStore, 'readLogRoots'>;
  readonly network: Pick<PeerNetwork, 'send'>;
  readonly observer: Pick<NodeObserver, 'log'>;
}

export class ReceiptSignatureServer {
  private readonly busy = new Set<PeerIndex>();

  constructor(private readonly ports: ReceiptSignatureServerPorts) {}

  onRequest(from: PeerIndex, request: ReceiptSignatureRequest): void {
    if (this.busy.has(from)) return;
    this.busy.add(from);
    void this.answer(from, request);
  }

  /** `undefined` when this node does not sign: it has no key in force, or not executed this root, or cannot now. Never rejects. */
  async sign(height: Height, root: Digest): Promise<ReceiptSignature | undefined> {
    const { organisation, origin, credentials, keys, store, observer } = this.ports;
    try {
      const roots = await store.readLogRoots(height, height);
      if (roots.get(height) !== root) return undefined;
      for (const { publicKey } of await credentials.signingKeys(organisation, height)) {
        const signer = await keys.find(publicKey);
        if (signer === undefined) continue;
        const signature = await signer.sign(receiptSigningBytes({ organisation, publicKey, origin }, root));
        return { publicKey, signature };
      }
    } catch (error) {
      observer.log('warn', 'a root could not be signed for a COSE receipt', { height, error: String(error) });
    }
    return undefined;
  }

  private async answer(from: PeerIndex, { height, root }: ReceiptSignatureRequest): Promise<void> {
    const signed = await this.sign(height, root);
    this.busy.delete(from);
    this.ports.network.send(from, { type: 'receiptSignatureResponse', height, root, signed });
  }
}
