/**
 * The text that a checkpoint signs (C2SP tlog-checkpoint): origin, tree size, base64 root, each on its line.
 * The view is not in it, so all honest validators sign the same bytes.
 */
import { bytesToBase64 } from '../primitives/base64.js';
import { hexToBytes } from '../primitives/bytes.js';
import type { ChainId, Digest, Height } from '../primitives/identifiers.js';

/** Origin of a consortium's result log: `countersign/<name>/<first 16 hex digits of the chain id>`. */
export function checkpointOrigin(consortiumName: string, chainId: ChainId): string {
  return `countersign/${consortiumName}/${chainId.slice(0, 16)}`;
}

/** Text of the checkpoint of `height`; the log then has height + 1 records, genesis being record 0. */
export function checkpointText(origin: string, height: Height, root: Digest): string {
  return `${origin}\n${height + 1}\n${bytesToBase64(hexToBytes(root))}\n`;
}
