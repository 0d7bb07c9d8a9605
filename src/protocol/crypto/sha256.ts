/** SHA-256 (FIPS 180-4) of the concatenation of the parts; 32 bytes. */
import { sha256Parts } from '#crypto-platform';

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return sha256Parts(parts);
}
