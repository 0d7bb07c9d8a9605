/** Executed blocks and certificates for tests of storage: real transactions and results, signatures that nobody checks. */
import type { RecentStates } from '../../src/node/proofs/recent-states.js';
import type { ExecutedBlock } from '../../src/protocol/execution/executed-block.js';
import type { Transaction } from '../../src/protocol/ledger/transaction.js';
import type { CheckpointCertificate, QuorumCertificate } from '../../src/protocol/pbft/certificate.js';
import { DEFAULT_BUCKET_BITS } from '../../src/protocol/state/state-tree.js';
import { MemoryLedger } from './memory-ledger.js';
import { documentCommand, signTestTransaction, testGenesis } from './signed-transactions.js';

const signatures = [0, 1, 2].map((signer) => ({ signer, signature: new Uint8Array(64).fill(signer + 1) }));

/** A chain that starts at genesis and executes blocks as a node does. */
export function createStoredChain(): MemoryLedger {
  return new MemoryLedger(testGenesis({ stateWritesPerBlockMax: 20_000 }), DEFAULT_BUCKET_BITS);
}

export function commitCertificateOf(executed: ExecutedBlock): QuorumCertificate {
  const { epoch, height } = executed.block.header;
  return { kind: 'commit', epoch, view: 0, height, blockHash: executed.block.hash, signatures };
}

export function checkpointOf(executed: ExecutedBlock): CheckpointCertificate {
  return { height: executed.block.header.height, root: executed.logRoot, signatures };
}

export interface SampleBlock {
  readonly transactions: number;
  /** Subjects of each transaction, all new unless `subjectName` gives others. */
  readonly subjects: number;
  readonly subjectName?: (transaction: number, subject: number) => string;
  /** Bytes that each document has more. */
  readonly padding?: number;
  /** Hears of what the block replaces. */
  readonly states?: Pick<RecentStates, 'onExecuted'>;
}

/** Executes the next block of the chain. */
export function executeSample(chain: MemoryLedger, sample: SampleBlock): ExecutedBlock {
  const height = chain.height + 1;
  const name =
    sample.subjectName ?? ((transaction, subject) => `urn:sample:${height}:${transaction}:${subject}`);
  const transactions: Transaction[] = [];
  for (let transaction = 0; transaction < sample.transactions; transaction++) {
    const subjects = Array.from({ length: sample.subjects }, (_, subject) => name(transaction, subject));
    transactions.push(
      signTestTransaction({
        chainId: chain.genesis.chainId,
        signer: 'acme/submitter',
        idempotencyKey: `${height}-${transaction}`,
        validUntilHeight: height + 100,
        command: documentCommand(subjects, { padding: 'x'.repeat(sample.padding ?? 0) }),
      }),
    );
  }
  return chain.execute(transactions, sample.states);
}
