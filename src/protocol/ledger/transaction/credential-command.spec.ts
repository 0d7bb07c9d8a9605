import { describe, expect, it } from '@jest/globals';
import { provenCredential } from '../../../../test/support/test-receipt-keys.js';
import { testGenesis, testSeed } from '../../../../test/support/signed-transactions.js';
import { publicKeyOfSeed } from '../../crypto/ed25519.js';
import type { Es256PublicKey } from '../../primitives/identifiers.js';
import { decodeSignedTransaction, encodeTransactionBody, type Command } from '../transaction.js';

const { chainId } = testGenesis();
const key = provenCredential(chainId, 'a');
const register = (changes: Partial<Extract<Command, { type: 'registerCredential' }>> = {}): Command => ({
  type: 'registerCredential',
  name: 'receipt',
  key,
  replaces: undefined,
  ...changes,
});

function decode(command: Command) {
  const body = encodeTransactionBody({
    chainId,
    publicKey: publicKeyOfSeed(testSeed('acme/auditor')),
    idempotencyKey: 'k',
    validUntilHeight: 1,
    command,
  });
  return decodeSignedTransaction(body, new Uint8Array(64), { transactionBytesMax: 1_000_000 });
}

describe('the form of commands about credentials', () => {
  it.each<Command>([
    register(),
    register({ replaces: 'receipt-2024' }),
    { type: 'revokeCredential', name: 'receipt' },
  ])('is decoded as it was encoded, case %#', (command) => {
    expect(decode(command)).toMatchObject({ ok: true, value: { command } });
  });

  it.each<readonly [Command, string]>([
    [register({ name: '' }), 'register_credential.name'],
    [register({ name: 'acme/receipt' }), 'register_credential.name'],
    [register({ replaces: 'Receipt' }), 'register_credential.replaces'],
    [register({ replaces: 'receipt' }), 'register_credential.replaces'],
    [register({ key: { ...key, type: 'other' as 'receiptEs256' } }), 'register_credential.key.type'],
    [
      register({ key: { ...key, publicKey: key.publicKey.slice(2) as Es256PublicKey } }),
      'register_credential.key.public_key',
    ],
    [
      register({ key: { ...key, possession: key.possession.subarray(1) } }),
      'register_credential.key.possession',
    ],
    [{ type: 'revokeCredential', name: '-' }, 'revoke_credential.name'],
  ])('is refused, case %#', (command, field) => {
    expect(decode(command)).toMatchObject({
      ok: false,
      rejection: { code: 'TRANSACTION_MALFORMED', field },
    });
  });
});
