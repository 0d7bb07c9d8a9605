/** What a COSE receipt is verified with beside genesis: a key set, or keys that JSON receipts of their registration prove. */
import {
  decodeReceiptKeys,
  receiptKeysProvenBy,
  verifyReceipt,
  type CoseReceiptTrust,
  type Rejection,
  type VerifiedReceipt,
} from '../../sdk/index.js';
import { UsageError, VerificationError } from '../exit-code.js';
import { readInput } from '../input-file.js';

export interface CoseTrustOptions {
  readonly keys?: string;
  readonly registration: readonly string[];
  readonly validators?: readonly string[];
}

/** JSON begins with a brace; a map of CBOR never does. */
export function isCoseReceipt(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  return first >= 0xa0 && first <= 0xbf;
}

export function collect(file: string, before: readonly string[]): readonly string[] {
  return [...before, file];
}

export function parseNames(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

export function refusal(file: string, { code, message, field }: Rejection): VerificationError {
  const place = field === undefined || field === '' ? '' : ` (at ${field})`;
  return new VerificationError(code, `${file} is refused: ${message}${place}`);
}

/** Throws UsageError when nothing says which keys count, and VerificationError for what is not what it should be. */
export async function readCoseTrust(
  { keys: keysFile, registration, validators }: CoseTrustOptions,
  genesis: Uint8Array,
): Promise<CoseReceiptTrust> {
  if (keysFile !== undefined) {
    const keys = decodeReceiptKeys(await readInput(keysFile));
    if (!keys.ok) throw refusal(keysFile, keys.rejection);
    return { keys: keys.value, validators };
  }
  if (registration.length === 0)
    throw new UsageError(
      'a COSE receipt needs keys that the genesis file does not have: --keys FILE or --registration RECEIPT…',
    );
  const proven: VerifiedReceipt[] = [];
  for (const file of registration) {
    const verified = verifyReceipt(await readInput(file), genesis);
    if (!verified.ok) throw refusal(file, verified.rejection);
    proven.push(verified.value);
  }
  return { keys: receiptKeysProvenBy(proven), validators };
}
