/** A block as it is agreed on: header, its hash, and the body as opaque bytes (encoded BlockBody). */
import type { BlockHash } from '../primitives/identifiers.js';
import type { BlockHeader } from './block-header.js';

export interface Block {
  readonly header: BlockHeader;
  /** hashHeader(header), computed once where the header enters the process. */
  readonly hash: BlockHash;
  /** Encoded BlockBody; bound by header.transactionRoot. */
  readonly body: Uint8Array;
}
