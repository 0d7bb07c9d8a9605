/** A ledger in a database with every command, outcome and kind of content that the views of migrations/0008_audit.sql show. */
import type { ExecutedBlock } from '../../src/protocol/execution/executed-block.js';
import type { Command } from '../../src/protocol/ledger/transaction.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { PostgresLedgerStore } from '../../src/storage/postgres-ledger-store.js';
import {
  castBallot,
  proposeMotion,
  setAddress,
  withdrawMotion,
} from '../../src/sdk/governance/governance-commands.js';
import { parametersAction, proveLedgerKey } from '../../src/sdk/governance/governance-commands.js';
import { seedToKeyPair } from '../../src/sdk/key-pair.js';
import {
  changeIdentity,
  provenTestKey,
  registerIdentity,
  revokeIdentity,
  rotateIdentityKey,
  setReaders,
} from './identity-commands.js';
import type { MemoryLedger } from './memory-ledger.js';
import { conflictingVotes } from './signed-evidence.js';
import { documentCommand, signTestTransaction, testSeed } from './signed-transactions.js';
import { checkpointOf, commitCertificateOf, createStoredChain } from './stored-chain.js';

export interface AuditLedger {
  readonly chain: MemoryLedger;
  readonly blocks: readonly ExecutedBlock[];
  readonly motions: Readonly<
    Record<'admission' | 'parameters' | 'withdrawn' | 'rotation' | 'refused', TransactionId>
  >;
}

/** Content as it stands, subjects at /lot. */
function document(kind: string, content: string, hasSubject = true): Command {
  const subjectPointers = hasSubject ? ['/lot'] : [];
  return { type: 'recordDocuments', documents: [{ kind, content: utf8ToBytes(content), subjectPointers }] };
}

const SEVERAL: Command = {
  type: 'recordDocuments',
  documents: [
    ['inspection', '{"lot":["urn:lot:1","urn:lot:2"],"temperature":4.50,"step":"cooling"}', ['/lot']],
    ['note', ' { "free" : "of subjects",\n\t"grüße": "🦊 \\ud83e\\udd8a" } ', []],
    ['inspection', '{"lot":"urn:lot:1","step":"shipping","odd":"\\u0000 and \\\\u0000"}', ['/lot']],
    ['number', '-0.10e-1', []],
    ['inspection', '{"lot":"Los Ä/7","tiny":1e-99999,"step":"shipping"}', ['/lot']],
  ].map(([kind, content, subjectPointers]) => ({
    kind: kind as string,
    content: utf8ToBytes(content as string),
    subjectPointers: subjectPointers as readonly string[],
  })),
};

/** `inEvents` stands in a member of each event. */
function capture(inEvents: string): Command {
  const text = `{"type":"EPCISDocument", "schemaVersion":"2.0","note":"${inEvents}",
    "epcisBody" : { "eventList" : [ {"type":"ObjectEvent","epcList":["urn:lot:1"], "bizStep": "shipping", "n":"${inEvents}"} ,
      {"type": "TransactionEvent" , "note":"names no subject ${inEvents}"},
      { "type":"AggregationEvent","parentID":"urn:pallet:9","childEPCs":["urn:lot:1","urn:lot:2"]}
    ] } }`;
  return { type: 'captureEpcisDocument', document: utf8ToBytes(text) };
}

export async function fillAuditLedger(url: string): Promise<AuditLedger> {
  const chain = createStoredChain();
  const { chainId } = chain.genesis;
  const store = await PostgresLedgerStore.open({ url });
  const blocks: ExecutedBlock[] = [];
  let made = 0;
  const block = async (
    ...wanted: readonly (readonly [signer: string, command: Command, idempotencyKey?: string])[]
  ): Promise<readonly TransactionId[]> => {
    const transactions = wanted.map(([signer, command, idempotencyKey = `key-${made}`]) =>
      signTestTransaction({ chainId, signer, command, idempotencyKey, validUntilHeight: 1_000 + made++ }),
    );
    const executed = chain.execute(transactions);
    const committed = { executed, certificate: commitCertificateOf(executed) };
    await store.commitBlocks([committed], { journalId: 'j', position: executed.block.header.height });
    await store.saveCheckpoint(checkpointOf(executed));
    blocks.push(executed);
    return transactions.map(({ id }) => id);
  };
  const motion = async (organisation: string, command: Command): Promise<TransactionId> => {
    const [id] = await block([`${organisation}/auditor`, command]);
    return id!;
  };
  await store.initialise(chain.genesisResult);
  await block(['acme/submitter', SEVERAL], ['globex/submitter', document('invoice', '{"lot":"urn:lot:2"}')]);
  await block(
    ['acme/submitter', documentCommand(['urn:lot:3']), 'once'],
    ['acme/submitter', document('inspection', '{"lot":')],
    ['acme/stranger', document('inspection', '{"lot":"urn:lot:1"}')],
    ['umbrella/submitter', capture('plain')],
  );
  await block(
    ['acme/submitter', documentCommand(['urn:lot:3']), 'once'],
    ['umbrella/submitter', capture('\\u0000\\\\u0000')],
    [
      'initech/submitter',
      documentCommand(['urn:lot:1'], { padding: 'long '.repeat(4_000) }),
      'k'.repeat(128),
    ],
  );
  await block(
    [
      'acme/auditor',
      registerIdentity('plant', provenTestKey(chainId, 'acme/plant', 'plant'), {
        roles: ['submitter', 'operator'],
        custody: 'node',
        validUntilHeight: 900,
      }),
    ],
    ['globex/auditor', setReaders(['acme', 'initech/auditor'])],
    ['globex/submitter', setReaders([])],
  );
  await block(
    ['acme/plant', document('inspection', '{"lot":"urn:lot:1","step":"packing"}')],
    ['acme/auditor', changeIdentity('submitter', { roles: ['submitter', 'auditor'] })],
  );
  await block([
    'acme/auditor',
    rotateIdentityKey('plant', provenTestKey(chainId, 'acme/plant, second', 'plant')),
  ]);
  await block(
    ['acme/auditor', revokeIdentity('plant')],
    ['initech/auditor', setAddress('initech.example:7050')],
  );
  await block();
  const admission = await motion(
    'acme',
    proposeMotion({
      type: 'admitOrganisation',
      organisation: 'hooli',
      ledgerKey: proveLedgerKey(seedToKeyPair(testSeed('hooli')), { chainId, organisation: 'hooli' }),
      address: 'hooli.example:7050',
      admin: { name: 'auditor', key: provenTestKey(chainId, 'hooli/auditor', 'auditor', 'hooli') },
    }),
  );
  await block(
    ['umbrella/auditor', castBallot(admission, false)],
    ['globex/auditor', castBallot(admission, true)],
    ['initech/auditor', castBallot(admission, true)],
  );
  const parameters = await motion(
    'globex',
    proposeMotion(parametersAction({ subjectsPerTransactionMax: 90 })),
  );
  const withdrawn = await motion(
    'acme',
    proposeMotion({ type: 'removeOrganisation', organisation: 'umbrella' }),
  );
  await block(['acme/auditor', withdrawMotion(withdrawn)]);
  const key = proveLedgerKey(seedToKeyPair(testSeed('acme, second')), { chainId, organisation: 'acme' });
  const rotation = await motion(
    'acme',
    proposeMotion({ type: 'rotateLedgerKey', organisation: 'acme', ledgerKey: key }),
  );
  const refused = await motion('acme', proposeMotion({ type: 'demoteValidator', organisation: 'globex' }));
  await block(
    ['umbrella/auditor', castBallot(refused, false)],
    ['globex/auditor', castBallot(refused, false)],
    ['initech/auditor', castBallot(refused, false)],
  );
  await store.saveEvidence(conflictingVotes(chain.genesis));
  await store.close();
  return { chain, blocks, motions: { admission, parameters, withdrawn, rotation, refused } };
}
