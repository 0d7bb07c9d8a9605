import { describe, expect, it } from '@jest/globals';
import { GovernanceBench } from '../../../../test/support/governance-bench.js';
import { testSeed } from '../../../../test/support/signed-transactions.js';
import { parametersAction, proposeMotion, setAddress } from '../../../../test/support/governance-bench.js';
import { publicKeyOfSeed } from '../../crypto/ed25519.js';
import type { PublicKey, TransactionId } from '../../primitives/identifiers.js';
import {
  decodeSignedTransaction,
  encodeTransactionBody,
  type Command,
  type ProposedAction,
} from '../transaction.js';

const promote = (organisation: string): ProposedAction => ({ type: 'promoteValidator', organisation });
const demote = (organisation: string): ProposedAction => ({ type: 'demoteValidator', organisation });
const remove = (organisation: string): ProposedAction => ({ type: 'removeOrganisation', organisation });

describe('the form of commands about the consortium', () => {
  const bench = new GovernanceBench();
  const { chainId } = bench.ledger.genesis;
  const admission = bench.admission('hooli');
  const id = 'ab'.repeat(32) as TransactionId;

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

  it.each<Command>([
    proposeMotion(admission),
    proposeMotion(promote('hooli')),
    proposeMotion(demote('hooli')),
    proposeMotion(remove('hooli')),
    proposeMotion({ type: 'rotateLedgerKey', organisation: 'acme', ledgerKey: admission.ledgerKey }),
    proposeMotion(parametersAction({ b: 2, a: 1, c: 0 })),
    { type: 'castBallot', motionId: id, approve: true },
    { type: 'castBallot', motionId: id, approve: false },
    { type: 'withdrawMotion', motionId: id },
    setAddress('acme.example:7050'),
  ])('is decoded as it was encoded: $type', (command) => {
    expect(decode(command)).toMatchObject({ ok: true, value: { command } });
  });

  const key = new Uint8Array(64);
  it.each<readonly [Command, string]>([
    [proposeMotion({ ...admission, organisation: 'Hooli' }), 'propose_motion.action.admit_organisation.name'],
    [
      proposeMotion({ ...admission, ledgerKey: { ...admission.ledgerKey, possession: key.subarray(1) } }),
      'propose_motion.action.admit_organisation.ledger_key.possession',
    ],
    [
      proposeMotion({ ...admission, ledgerKey: { publicKey: 'ab' as PublicKey, possession: key } }),
      'propose_motion.action.admit_organisation.ledger_key.public_key',
    ],
    [
      proposeMotion({ ...admission, address: 'hooli.example' }),
      'propose_motion.action.admit_organisation.address',
    ],
    [
      proposeMotion({ ...admission, admin: { ...admission.admin, name: '' } }),
      'propose_motion.action.admit_organisation.admin.name',
    ],
    [
      proposeMotion({
        ...admission,
        admin: { name: 'admin', key: { ...admission.admin.key, possession: key.subarray(1) } },
      }),
      'propose_motion.action.admit_organisation.admin.key.possession',
    ],
    [proposeMotion(promote('')), 'propose_motion.action.organisation'],
    [proposeMotion(remove('a/b')), 'propose_motion.action.organisation'],
    [proposeMotion(parametersAction({})), 'propose_motion.action.set_parameters.parameters'],
    [
      proposeMotion(parametersAction({ 'a b': 1 })),
      'propose_motion.action.set_parameters.parameters[0].name',
    ],
    [
      proposeMotion({
        type: 'setParameters',
        parameters: [
          { name: 'b', value: 1 },
          { name: 'b', value: 2 },
        ],
      }),
      'propose_motion.action.set_parameters.parameters[1].name',
    ],
    [
      proposeMotion(parametersAction({ a: 2 ** 53 })),
      'propose_motion.action.set_parameters.parameters[0].value',
    ],
    [{ type: 'castBallot', motionId: 'abcd' as TransactionId, approve: true }, 'cast_ballot.motion_id'],
    [{ type: 'withdrawMotion', motionId: '' as TransactionId }, 'withdraw_motion.motion_id'],
    ...[
      '',
      'acme',
      'acme:',
      ':1',
      'acme:0',
      'acme:65536',
      'acme:07',
      'a b:1',
      '::1:1',
      '[::1]',
      'acme/x:1',
      '-a:1',
    ].map((address) => [setAddress(address), 'set_address.address'] as const),
  ])('is refused, case %#', (command, field) => {
    expect(decode(command)).toMatchObject({
      ok: false,
      rejection: { code: 'TRANSACTION_MALFORMED', field },
    });
  });
});
