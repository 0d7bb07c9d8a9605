/** The bytes that a SignRequest asks to sign. */
import { checkpointText } from '../encoding/checkpoint-text.js';
import { encodeVote } from '../encoding/vote-bytes.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import type { ChainId } from '../primitives/identifiers.js';
import { suspectContent } from './certificate.js';
import type { SignRequest } from './effect.js';

export function signBytes(request: SignRequest, chainId: ChainId, origin: string): Uint8Array {
  switch (request.type) {
    case 'checkpoint':
      return utf8ToBytes(checkpointText(origin, request.height, request.root));
    case 'suspect':
      return encodeVote(suspectContent(chainId, request.epoch, request.view));
    case 'viewChange':
    case 'newView': {
      const { type: kind, epoch, view, digest } = request;
      return encodeVote({ kind, chainId, epoch, view, height: 0, digest });
    }
    case 'propose':
    case 'vote': {
      const kind = request.type === 'propose' ? 'propose' : request.kind;
      const { epoch, view, height, blockHash: digest } = request;
      return encodeVote({ kind, chainId, epoch, view, height, digest });
    }
  }
}
