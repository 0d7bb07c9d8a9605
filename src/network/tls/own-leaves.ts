/** A member issues its own leaves with the ledger key that it holds at that moment; each is renewed when a third of its life is left. */
import type { Clock, Signer } from '../../node/ports.js';
import type { OrganisationName } from '../../protocol/primitives/identifiers.js';
import { issueLeaf } from './certificate-authority.js';
import type { LeafSource } from './tls-identity.js';

const RENEWAL_AT = 2 / 3;

export function ownLeaves(
  organisation: OrganisationName,
  signer: () => Signer,
  clock: Pick<Clock, 'wallMs'>,
  lifetimeMs: number,
): LeafSource {
  return {
    obtain: async () => {
      const nextAtMs = clock.wallMs() + RENEWAL_AT * lifetimeMs;
      return { leaf: await issueLeaf({ organisation }, signer(), clock, lifetimeMs), nextAtMs };
    },
  };
}
