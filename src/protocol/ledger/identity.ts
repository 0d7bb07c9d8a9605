/** Names and roles of those who sign transactions: an identity is `organisation/name`. No role implies another. */
import { isOrganisationName } from '../primitives/identifiers.js';

/** `submitter` posts records, `auditor` reads, `admin` governs its organisation, `operator` has no ledger rights. */
export const ROLES = ['submitter', 'auditor', 'admin', 'operator'] as const;

export type Role = (typeof ROLES)[number];

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** The part after the slash: `[a-z][a-z0-9-]{0,62}`, like an organisation's name. */
export function isIdentityName(text: string): boolean {
  return isOrganisationName(text);
}

/** Full name: `organisation/name`. */
export function identityText(organisation: string, name: string): string {
  return `${organisation}/${name}`;
}

export function isIdentity(text: string): boolean {
  const slash = text.indexOf('/');
  return slash > 0 && isOrganisationName(text.slice(0, slash)) && isIdentityName(text.slice(slash + 1));
}
