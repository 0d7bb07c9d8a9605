/**
 * One tag for each type of thing that is hashed or signed, so that bytes of one type never pass for another
 * (PBFT-DOMAIN-1). Checkpoint notes need none: their first line is the log's origin.
 */
import { concatBytes, utf8ToBytes } from '../primitives/bytes.js';

function domainTag(name: string): Uint8Array {
  return concatBytes(utf8ToBytes(`countersign/${name}`), Uint8Array.of(0));
}

export const TRANSACTION_TAG = domainTag('transaction/v1');
export const HEADER_TAG = domainTag('header/v1');
export const VALIDATORS_TAG = domainTag('validators/v1');
export const COMMAND_TAG = domainTag('command/v1');
export const POSSESSION_TAG = domainTag('possession/v1');
export const LEDGER_POSSESSION_TAG = domainTag('ledger-possession/v1');
export const CREDENTIAL_POSSESSION_TAG = domainTag('credential-possession/v1');
export const VIEW_CHANGE_TAG = domainTag('view-change/v1');
export const NEW_VIEW_TAG = domainTag('new-view/v1');
/** First bytes of every vote; the kind, the chain and the epoch follow inside the signed bytes. */
export const VOTE_PREFIX = 'PBFT1';
