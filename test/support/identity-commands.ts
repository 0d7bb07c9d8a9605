/** Commands about identities, for keys that are named by a text. */
import type { IdentityKey } from '../../src/protocol/ledger/transaction.js';
import type { ChainId } from '../../src/protocol/primitives/identifiers.js';
import { proveKey } from '../../src/sdk/identity-commands.js';
import { seedToKeyPair } from '../../src/sdk/key-pair.js';
import { testSeed } from './signed-transactions.js';

export {
  changeIdentity,
  registerIdentity,
  revokeIdentity,
  rotateIdentityKey,
  setReaders,
  type RightsOptions,
} from '../../src/sdk/identity-commands.js';

/** The key that `testSeed(named)` gives, with its proof for one place. */
export function provenTestKey(
  chainId: ChainId,
  named: string,
  name: string,
  organisation = 'acme',
): IdentityKey {
  return proveKey(seedToKeyPair(testSeed(named)), { chainId, organisation, name });
}
