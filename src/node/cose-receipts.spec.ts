import { decode } from 'cborg';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { verifyIndependently } from '../../test/support/independent-cose-verifier.js';
import { NodeCluster } from '../../test/support/node-cluster.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesis,
  testGenesisDocument,
} from '../../test/support/signed-transactions.js';
import {
  es256TestKey,
  provenCredential,
  registerCredential,
  revokeCredential,
} from '../../test/support/test-receipt-keys.js';
import { encodeGenesis } from '../protocol/ledger/genesis.js';
import type { Command, Transaction } from '../protocol/ledger/transaction.js';
import { decodeCoseReceipt, encodeCoseReceipt } from '../protocol/proof/cose/cose-receipt.js';
import { receiptKeyToJwk } from '../protocol/proof/cose/receipt-keys.js';
import { verifyCoseReceipt } from '../protocol/proof/cose/verify-cose-receipt.js';

const genesis = testGenesis();
const genesisBytes = encodeGenesis(testGenesisDocument());
const { chainId } = genesis;
const ORGANISATIONS = ['acme', 'globex', 'initech', 'umbrella'] as const;

let cluster: NodeCluster;
let made = 0;

beforeEach(async () => {
  cluster = await NodeCluster.start(genesis);
});
afterEach(() => {
  cluster.stop();
});

const node = (index: number) => cluster.members[index]!.node;

/** All of them in as few blocks as there may be. */
async function submitAll(
  ...wanted: readonly (readonly [signer: string, command: Command])[]
): Promise<readonly Transaction[]> {
  const transactions = wanted.map(([signer, command]) =>
    signTestTransaction({ chainId, signer, command, idempotencyKey: `c${++made}` }),
  );
  for (const transaction of transactions) await node(0).submission.submit(transaction);
  await cluster.clock.advance(300);
  for (const { id } of transactions)
    expect(await node(0).submission.findStatus(id)).toMatchObject({ outcome: { code: 'OK' } });
  return transactions;
}

const registering = (organisation: string, name = 'receipt', replaces?: string) =>
  [
    `${organisation}/auditor`,
    registerCredential(
      name,
      provenCredential(chainId, `${organisation}/${name}`, name, organisation),
      replaces,
    ),
  ] as const;

async function record(): Promise<Transaction> {
  const [transaction] = await submitAll(['acme/submitter', documentCommand([`urn:lot:${++made}`])]);
  return transaction!;
}

const registerAll = () => submitAll(...ORGANISATIONS.map((organisation) => registering(organisation)));

/** What the node answers within the time that it waits for others. */
async function build(index: number, { id }: Transaction) {
  const over = { yet: false };
  const answer = node(index)
    .coseReceipts.build(id)
    .finally(() => (over.yet = true));
  for (let waitedMs = 0; waitedMs < 3_000 && !over.yet; waitedMs += 100) await cluster.clock.advance(100);
  return answer;
}

async function receiptOf(index: number, transaction: Transaction): Promise<Uint8Array> {
  const answer = await build(index, transaction);
  if (answer.kind !== 'receipt') throw new Error(JSON.stringify(answer));
  return answer.bytes;
}

async function verify(bytes: Uint8Array) {
  const { keys } = await node(3).credentials.listReceiptKeys();
  return verifyCoseReceipt(bytes, genesisBytes, { keys });
}

describe('COSE receipts of a cluster', () => {
  it('carry a quorum of signatures that an independent verifier accepts one by one', async () => {
    const before = await record();
    await registerAll();
    for (const index of [0, 3]) {
      const bytes = await receiptOf(index, before);
      const verified = await verify(bytes);
      expect(verified).toMatchObject({ ok: true, value: { transactionId: before.id, height: 1 } });
      if (!verified.ok) continue;
      const { keys } = await node(1).credentials.listReceiptKeys();
      const file = decode(bytes, { useMaps: true }) as Map<string, unknown>;
      const receipts = file.get('receipts') as readonly Uint8Array[];
      expect(receipts).toHaveLength(3);
      for (const [position, organisation] of verified.value.signers.entries()) {
        const key = keys.find((each) => each.organisation === organisation)!;
        const leaf = file.get('resultRecord') as Uint8Array;
        const root = await verifyIndependently(receipts[position]!, leaf, receiptKeyToJwk(key));
        expect(Buffer.from(root).toString('hex')).toBe(verified.value.checkpoint.root);
      }
    }
    expect(cluster.complaints()).toEqual([]);
  });

  it('follow a key that is replaced: earlier receipts stay good, later ones are by the new key', async () => {
    await registerAll();
    const transaction = await record();
    const earlier = await receiptOf(0, transaction);
    await submitAll(registering('acme', 'receipt-2', 'receipt'), [
      'globex/auditor',
      revokeCredential('receipt'),
    ]);
    const later = await receiptOf(0, transaction);
    expect([await verify(earlier), await verify(later)]).toMatchObject([{ ok: true }, { ok: true }]);
    const keysOf = (bytes: Uint8Array) => {
      const decoded = decodeCoseReceipt(bytes);
      if (!decoded.ok) throw new Error(decoded.rejection.message);
      return decoded.value.signatures.map(({ issuer, kid }) => [
        issuer,
        Buffer.from(kid).toString('base64url'),
      ]);
    };
    const kid = (name: string) => receiptKeyToJwk({ ...SOME, publicKey: es256TestKey(name) }).kid;
    expect(keysOf(later)).toEqual([
      ['acme', kid('acme/receipt-2')],
      ['initech', kid('initech/receipt')],
      ['umbrella', kid('umbrella/receipt')],
    ]);
    expect(keysOf(earlier)).toContainEqual(['acme', kid('acme/receipt')]);
  });

  it('name who is missing, and why', async () => {
    const transaction = await record();
    // The last is a key that no node holds.
    await submitAll(registering('acme'), registering('globex'), registering('initech', 'elsewhere'));
    expect(await build(0, transaction)).toEqual({
      kind: 'unsigned',
      needed: 3,
      signed: ['acme', 'globex'],
      missing: [
        { organisation: 'umbrella', reason: 'noKey' },
        { organisation: 'initech', reason: 'declined' },
      ],
    });
    await submitAll(registering('umbrella'));
    cluster.hub.loses = ({ type }, _from, to) => type === 'receiptSignatureRequest' && to === 1;
    cluster.kill(3);
    expect(await build(0, transaction)).toMatchObject({
      kind: 'unsigned',
      signed: ['acme'],
      missing: expect.arrayContaining([
        { organisation: 'umbrella', reason: 'unreachable' },
        { organisation: 'globex', reason: 'silent' },
      ]),
    });
  });

  it('are refused for what is unknown, and cut off who signs wrongly', async () => {
    await registerAll();
    const transaction = await record();
    expect(await build(0, { ...transaction, id: 'ab'.repeat(32) as Transaction['id'] })).toEqual({
      kind: 'unknown',
    });
    const hub = cluster.hub as { deliver: typeof cluster.hub.deliver };
    const deliver = cluster.hub.deliver.bind(cluster.hub);
    hub.deliver = (from, to, message) => {
      const isForged =
        message.type === 'receiptSignatureResponse' && message.signed !== undefined && from.index === 1;
      if (!isForged) deliver(from, to, message);
      else
        deliver(from, to, {
          ...message,
          signed: { ...message.signed, signature: new Uint8Array(64).fill(1) },
        });
    };
    const bytes = await receiptOf(0, transaction);
    expect(await verify(bytes)).toMatchObject({ value: { signers: ['acme', 'initech', 'umbrella'] } });
    expect(cluster.members[0]!.network.cutOff).toMatchObject([
      { index: 1, reason: expect.stringContaining('globex') },
    ]);
  });

  it('are made of what is held, until a key of it ends', async () => {
    await registerAll();
    const transaction = await record();
    const first = await receiptOf(0, transaction);
    cluster.hub.loses = ({ type }) => type === 'receiptSignatureRequest';
    const again = await receiptOf(0, transaction);
    expect(again).toEqual(first);
    const newer = await record();
    expect(await build(0, newer)).toMatchObject({ kind: 'unsigned' });
    const decoded = decodeCoseReceipt(first);
    if (!decoded.ok) throw new Error(decoded.rejection.message);
    expect(encodeCoseReceipt(decoded.value)).toEqual(first);
    await submitAll(['acme/auditor', revokeCredential('receipt')]);
    expect(await build(0, transaction)).toMatchObject({
      kind: 'unsigned',
      missing: expect.arrayContaining([{ organisation: 'acme', reason: 'noKey' }]),
    });
  });
});

const SOME = { organisation: 'acme', name: 'receipt', fromHeight: 0, untilHeight: 0 };
