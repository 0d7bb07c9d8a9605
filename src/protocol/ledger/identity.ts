/**
 * Who signs transactions: an identity is `organisation/name`, with one key at a time, roles, and heights between which it
 * may sign. No role implies another.
 */
import { isOrganisationName, type Height, type OrganisationName } from '../primitives/identifiers.js';

/** `submitter` posts records, `auditor` reads, `admin` governs its organisation, `operator` has no ledger rights. */
export const ROLES = ['submitter', 'auditor', 'admin', 'operator'] as const;

export type Role = (typeof ROLES)[number];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** `self`: whoever the identity stands for holds the private key; `node`: the organisation's node, which signs for callers. */
export const CUSTODIES = ['self', 'node'] as const;

export type Custody = (typeof CUSTODIES)[number];

export interface IdentityRights {
  /** In the order of ROLES, each once, at least one. */
  readonly roles: readonly Role[];
  readonly custody: Custody;
  /** First height at which it may sign; 0: as soon as the rights are in force. */
  readonly validFromHeight: Height;
  /** Last height at which it may sign; 0: without end. */
  readonly validUntilHeight: Height;
}

/** What no identity may have, in words; `undefined` when the rights are sound. Their form is checked where they are decoded. */
export function rightsFlaw({
  roles,
  custody,
  validFromHeight,
  validUntilHeight,
}: IdentityRights): string | undefined {
  if (roles.includes('admin') && custody === 'node')
    return 'an admin must hold its own key: custody "node" is for the other roles';
  if (validUntilHeight !== 0 && validUntilHeight < validFromHeight)
    return `the last height ${validUntilHeight} comes before the first, ${validFromHeight}`;
  return undefined;
}

/** Key algorithms by name; the ledger names one for every key, so that others can follow. */
export const KEY_ALGORITHMS = ['ed25519'] as const;

export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** The part after the slash: `[a-z][a-z0-9-]{0,62}`, like an organisation's name. */
export function isIdentityName(text: string): boolean {
  return isOrganisationName(text);
}

/** Full name: `organisation/name`. */
export function identityText(organisation: string, name: string): string {
  return `${organisation}/${name}`;
}

/** The part before the slash; `undefined` for the empty text, which stands for no identity. */
export function organisationOf(identity: string): OrganisationName | undefined {
  const slash = identity.indexOf('/');
  return slash < 0 ? undefined : identity.slice(0, slash);
}

export function isIdentity(text: string): boolean {
  const slash = text.indexOf('/');
  return slash > 0 && isOrganisationName(text.slice(0, slash)) && isIdentityName(text.slice(slash + 1));
}

/** Every organisation of the ledger, those to come included. */
export const EVERYONE = '*';

/** Entries of one list. */
export const READERS_MAX = 256;

/** `*`, `organisation`, or `organisation/name`. */
export function isReader(text: string): boolean {
  return text === EVERYONE || isOrganisationName(text) || isIdentity(text);
}
