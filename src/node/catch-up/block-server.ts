/** Answers peers that lack blocks: bounded answers, one at a time for each peer, refused while busy. */
import type { ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import type { LedgerStore, NodeObserver, PeerNetwork, SyncRequest } from '../ports.js';

const BLOCKS_MAX = 64;
const BYTES_MAX = 4 * 1024 * 1024;

export class BlockServer {
  private readonly busy = new Set<ValidatorIndex>();

  constructor(
    private readonly store: Pick<LedgerStore, 'readBlocks'>,
    private readonly network: Pick<PeerNetwork, 'send'>,
    private readonly observer: NodeObserver,
  ) {}

  /** A request that comes while one of the same peer is open is dropped; the peer asks again. */
  onRequest(from: ValidatorIndex, request: SyncRequest): void {
    if (this.busy.has(from)) return;
    this.busy.add(from);
    const to = Math.min(request.toHeight, request.fromHeight + BLOCKS_MAX - 1);
    this.store
      .readBlocks(request.fromHeight, to, Math.min(request.bytesMax, BYTES_MAX))
      .then(
        (blocks) => {
          this.network.send(from, { type: 'syncResponse', fromHeight: request.fromHeight, blocks });
        },
        (error: unknown) => {
          this.observer.log('warn', 'blocks for a peer could not be read', { error: String(error) });
        },
      )
      .finally(() => {
        this.busy.delete(from);
      });
  }
}
