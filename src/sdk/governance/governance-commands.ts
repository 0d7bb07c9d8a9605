/**
 * Commands of an admin about the consortium: motions, ballots, the own address. A ledger key proves itself for this chain and
 * organisation, where its private half is; whoever proposes it gets the proof.
 */
import { signMessage } from '../../protocol/crypto/ed25519.js';
import { ledgerPossessionBytes, type LedgerKeyPlace } from '../../protocol/governance/possession.js';
import type { Command, LedgerKey, ProposedAction } from '../../protocol/ledger/transaction.js';
import { compareStrings } from '../../protocol/primitives/bytes.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { KeyPair, TransactionSigner } from '../key-pair.js';

/** Key and proof for an admission or a rotation. */
export function proveLedgerKey({ publicKey, seed }: KeyPair, place: LedgerKeyPlace): LedgerKey {
  return { publicKey, possession: signMessage(seed, ledgerPossessionBytes(publicKey, place)) };
}

/** The same with a key that somebody else holds; rejects as the signer does. */
export async function proveLedgerKeyWith(
  signer: TransactionSigner,
  place: LedgerKeyPlace,
): Promise<LedgerKey> {
  const { publicKey } = signer;
  const [possession] = await signer.sign([ledgerPossessionBytes(publicKey, place)]);
  invariant(possession !== undefined, 'a signer gives one signature for each message');
  return { publicKey, possession };
}

/** The motion's id is that of the transaction. */
export function proposeMotion(action: ProposedAction): Command {
  return { type: 'proposeMotion', action };
}

/** Parameters that change, by name; the others stay. */
export function parametersAction(parameters: Readonly<Record<string, number>>): ProposedAction {
  const named = Object.entries(parameters).map(([name, value]) => ({ name, value }));
  return {
    type: 'setParameters',
    parameters: named.sort((left, right) => compareStrings(left.name, right.name)),
  };
}

/** The ballot of the signer's organisation, for ever. */
export function castBallot(motionId: TransactionId, approve: boolean): Command {
  return { type: 'castBallot', motionId, approve };
}

/** Takes back a motion of the signer's organisation. */
export function withdrawMotion(motionId: TransactionId): Command {
  return { type: 'withdrawMotion', motionId };
}

/** Where the node of the signer's organisation is reached, as "host:port". */
export function setAddress(address: string): Command {
  return { type: 'setAddress', address };
}
