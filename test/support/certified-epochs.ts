/**
 * A ledger of three epochs, governed and certified by the keys of its organisations: Hooli is promoted, then Umbrella is removed.
 * Two of them with other first or last blocks are what a quorum would sign that keeps two histories.
 */
import { EndedEpochs } from '../../src/node/epochs/ended-epochs.js';
import { EpochHistory } from '../../src/node/epochs/epoch-history.js';
import { StoredLogProofs } from '../../src/node/log/log-proofs.js';
import { CountersignedResults } from '../../src/node/proofs/countersigned-results.js';
import { ReceiptBuilder } from '../../src/node/receipt-builder.js';
import type { ExecutedBlock } from '../../src/protocol/execution/executed-block.js';
import { encodeGenesis, type Genesis } from '../../src/protocol/ledger/genesis.js';
import type { Height } from '../../src/protocol/primitives/identifiers.js';
import { certificateOf, checkpointCertificateOf } from './certified-blocks.js';
import { GovernanceBench } from './governance-bench.js';
import { documentCommand, testGenesisDocument } from './signed-transactions.js';
import { SimulatedLedgerReader } from './simulated-ledger-reader.js';
import { SimulatedLedgerStore } from './simulated-ledger-store.js';

export const EPOCHS_GENESIS_BYTES = encodeGenesis(testGenesisDocument({ pipelineDepth: 2 }));

export interface EpochsWanted {
  /** A block of its own before the others, so that nothing after it is the same. */
  readonly first?: string;
  /** Blocks of their own after the others. */
  readonly last?: readonly string[];
  /** Heights without a checkpoint, by those that end an epoch. */
  readonly uncertified?: (ends: readonly Height[]) => readonly Height[];
  /** Nothing above is there. */
  readonly head?: Height;
}

function govern(wanted: EpochsWanted): {
  readonly genesis: Genesis;
  readonly blocks: readonly ExecutedBlock[];
} {
  const bench = new GovernanceBench();
  const { ledger } = bench;
  const blocks: ExecutedBlock[] = [];
  const execute = ledger.execute.bind(ledger);
  ledger.execute = (transactions) => {
    const executed = execute(transactions);
    blocks.push(executed);
    return executed;
  };
  const record = (name: string): void => {
    bench.execute(['acme/submitter', documentCommand([`urn:block:${name}`])]);
  };
  if (wanted.first !== undefined) record(wanted.first);
  bench.pass(bench.admission('hooli'));
  bench.pass({ type: 'promoteValidator', organisation: 'hooli' });
  bench.untilInForce();
  const { id } = bench.propose('acme', { type: 'removeOrganisation', organisation: 'umbrella' });
  bench.approve(id, 'globex', 'initech', 'hooli');
  bench.untilInForce();
  bench.propose('hooli', { type: 'promoteValidator', organisation: 'umbrella' });
  for (const name of wanted.last ?? []) record(name);
  return { genesis: ledger.genesis, blocks: blocks.slice(0, wanted.head) };
}

/** Every height is certified but those left out. */
export async function certifyEpochs(wanted: EpochsWanted = {}) {
  const { genesis, blocks } = govern(wanted);
  const epochs = new EpochHistory(genesis);
  const store = new SimulatedLedgerStore();
  for (const block of blocks) epochs.onExecuted(block);
  const ends = [1, 2].flatMap((epoch) => {
    const terms = epochs.termsOf(epoch);
    return terms === undefined ? [] : [terms.firstHeight - 1];
  });
  await store.initialise(new GovernanceBench().ledger.genesisResult);
  const left = wanted.uncertified?.(ends) ?? [];
  for (const executed of blocks) {
    const { height } = executed.block.header;
    const { validators } = epochs.termsAt(height);
    const signers = validators.length === 5 ? [0, 1, 2, 4] : [0, 1, 3];
    const of = { ...genesis, validators };
    const committed = [{ executed, certificate: certificateOf(of, executed.block, signers) }];
    await store.commitBlocks(committed, { journalId: 'journal', position: 1 });
    if (!left.includes(height))
      await store.saveCheckpoint(checkpointCertificateOf(of, height, executed.logRoot, signers));
  }
  const reader = new SimulatedLedgerReader(store);
  const results = new CountersignedResults({ genesis, epochs, reader });
  const receipts = new ReceiptBuilder({ genesis, epochs, results, reader, isPending: () => false });
  const ended = new EndedEpochs(epochs, reader);
  const logProofs = new StoredLogProofs({ genesis, epochs, ended, reader });
  return { genesis, blocks, epochs, ends, reader, receipts, logProofs };
}
