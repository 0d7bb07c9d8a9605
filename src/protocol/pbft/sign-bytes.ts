/** The bytes that a SignRequest asks to sign. */
import { checkpointText } from '../encoding/checkpoint-text.js';
import { encodeVote } from '../encoding/vote-bytes.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import type { ChainId } from '../primitives/identifiers.js';
import type { SignRequest } from './effect.js';

export function signBytes(request: SignRequest, chainId: ChainId, origin: string): Uint8Array {
  if (request.type === 'checkpoint') return utf8ToBytes(checkpointText(origin, request.height, request.root));
  return encodeVote({
    kind: request.type === 'propose' ? 'propose' : request.kind,
    chainId,
    epoch: request.epoch,
    view: request.view,
    height: request.height,
    digest: request.blockHash,
  });
}
