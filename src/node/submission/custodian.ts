/**
 * Signs commands for identities whose keys this node holds (custody "node"). The ledger sees an ordinary transaction; its
 * outcome says that the node held the key.
 */
import {
  encodeTransactionBody,
  transactionSigningBytes,
  type Command,
} from '../../protocol/ledger/transaction.js';
import type { ChainId, Height, PublicKey } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { IdentityKeys, RawTransaction } from '../ports.js';
import type { Custody } from '../use-cases.js';

export interface CustodianPorts {
  readonly keys: IdentityKeys;
  readonly chainId: ChainId;
  readonly epochs: Pick<EpochHistory, 'termsAt'>;
  readonly executedHeight: () => Height;
}

export class Custodian implements Custody {
  constructor(private readonly ports: CustodianPorts) {}

  async sign(
    publicKey: PublicKey,
    idempotencyKey: string,
    command: Command,
  ): Promise<RawTransaction | undefined> {
    const { keys, chainId, epochs, executedHeight } = this.ports;
    const signer = await keys.find(publicKey);
    if (signer === undefined) return undefined;
    // Half of what is permitted: a node that is behind must not find it too far.
    const height = executedHeight();
    const { transactionTtlBlocks } = epochs.termsAt(height + 1).parameters;
    const validUntilHeight = height + Math.ceil(transactionTtlBlocks / 2);
    const body = encodeTransactionBody({ chainId, publicKey, idempotencyKey, validUntilHeight, command });
    const [signature] = await signer.sign([transactionSigningBytes(body)]);
    invariant(signature !== undefined, 'a signer gives one signature for each message');
    return { body, signature };
  }
}
