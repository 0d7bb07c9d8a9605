/** The names of things. Digests, keys and ids are lower-case hex strings with a brand, so that one cannot be taken for another. */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** 32 bytes as 64 lower-case hex digits. */
export type Digest = Branded<string, 'Digest'>;
/** SHA-256 of the genesis document's RFC 8785 bytes. */
export type ChainId = Branded<string, 'ChainId'>;
/** Digest of a transaction body under its domain tag; the signature is not part of it. */
export type TransactionId = Branded<string, 'TransactionId'>;
/** Digest of a header's canonical bytes under its domain tag. */
export type BlockHash = Branded<string, 'BlockHash'>;
/** Ed25519 public key, 64 lower-case hex digits. */
export type PublicKey = Branded<string, 'PublicKey'>;
/** P-256 public key: the 33 bytes of its compressed form (SEC 1) as 66 lower-case hex digits. */
export type Es256PublicKey = Branded<string, 'Es256PublicKey'>;
/** Ed25519 or ES256 signature, 64 bytes. */
export type Signature = Uint8Array;
/** Lower-case name of an organisation, `[a-z][a-z0-9-]{0,62}`. */
export type OrganisationName = string;

/** Number of a block; 0 is genesis. */
export type Height = number;
/** PBFT view, restarts at 0 in each epoch. */
export type View = number;
/** Period of one validator set; 0 is the genesis set. */
export type Epoch = number;
/** Position of a validator in its epoch's list, which is sorted by organisation name. */
export type ValidatorIndex = number;
/**
 * A peer of this process: organisations in the order in which it has come to know them, those of genesis first in theirs, then
 * observers from OBSERVER_PEERS_FROM on. Means nothing outside this process.
 */
export type PeerIndex = number;
/** Wall clock, milliseconds since 1970-01-01T00:00:00Z. */
export type TimestampMs = number;
/** Monotonic clock of this process, milliseconds. */
export type MonotonicMs = number;

/** Peers from here on are observers. */
export const OBSERVER_PEERS_FROM: PeerIndex = 65_536;

const HEX_64 = /^[0-9a-f]{64}$/;

export function isHex64(text: string): boolean {
  return HEX_64.test(text);
}

/** 32 zero bytes: the empty subtree, the parent of genesis, an absent set. */
export const ZERO_DIGEST = '0'.repeat(64) as Digest;

const ORGANISATION_NAME = /^[a-z][a-z0-9-]{0,62}$/;

export function isOrganisationName(text: string): boolean {
  return ORGANISATION_NAME.test(text);
}
