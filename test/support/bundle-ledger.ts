/**
 * A governed ledger whose blocks carry the certificates that a quorum would give them, read as a node reads its own: what
 * bundles are exported from in tests.
 */
import { BundleExporter } from '../../src/node/audit/bundle-exporter.js';
import { EpochHistory } from '../../src/node/epochs/epoch-history.js';
import type { BlockSummary, StoredTransaction } from '../../src/node/ports.js';
import { publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import { checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import { encodeVote } from '../../src/protocol/encoding/vote-bytes.js';
import type { ExecutedBlock } from '../../src/protocol/execution/executed-block.js';
import { encodeHeader } from '../../src/protocol/ledger/block-header.js';
import type { EpochTerms } from '../../src/protocol/ledger/epoch-terms.js';
import { encodeGenesis, parseGenesis, type GenesisParameters } from '../../src/protocol/ledger/genesis.js';
import type { Transaction } from '../../src/protocol/ledger/transaction.js';
import type { CheckpointCertificate, QuorumCertificate } from '../../src/protocol/pbft/certificate.js';
import { concatBytes, utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { Height } from '../../src/protocol/primitives/identifiers.js';
import { quorumSize } from '../../src/protocol/primitives/quorum.js';
import { GovernanceBench } from './governance-bench.js';
import {
  documentCommand,
  signTestTransaction,
  testGenesisDocument,
  testSeed,
} from './signed-transactions.js';

interface KeptBlock {
  readonly executed: ExecutedBlock;
  readonly terms: EpochTerms;
}

const SEEDS = new Map(
  ['acme', 'globex', 'initech', 'umbrella', 'acme, second key', 'acme, third key'].map((name) => {
    const seed = testSeed(name);
    return [publicKeyOfSeed(seed), seed] as const;
  }),
);

export class BundleLedger {
  readonly genesisBytes: Uint8Array;
  readonly bench: GovernanceBench;
  readonly kept: KeptBlock[] = [];
  /** Heights without a checkpoint. */
  readonly uncertified = new Set<Height>();
  private readonly later: EpochTerms[] = [];

  constructor(parameters: Partial<GenesisParameters> = {}) {
    const wanted = { pipelineDepth: 2, ...parameters };
    this.bench = new GovernanceBench(wanted);
    this.genesisBytes = encodeGenesis(testGenesisDocument(wanted));
    const parsed = parseGenesis(this.genesisBytes);
    if (!parsed.ok || parsed.value.chainId !== this.bench.ledger.genesis.chainId) throw new Error('genesis');
    const { ledger } = this.bench;
    const execute = ledger.execute.bind(ledger);
    ledger.execute = (transactions) => {
      const { terms } = ledger;
      const executed = execute(transactions);
      this.kept.push({ executed, terms });
      if (executed.scheduled !== undefined) this.later.push(executed.scheduled);
      return executed;
    };
  }

  get height(): Height {
    return this.kept.length;
  }

  /** One block of transactions that record documents; `name` makes them their own. */
  record(name: string, transactions = 1, documents = 1): void {
    const { genesis } = this.bench.ledger;
    const signed = Array.from({ length: transactions }, (_, index): Transaction => {
      const one = documentCommand([`urn:item:${name}-${index}`]);
      if (one.type !== 'recordDocuments') throw new Error('documents');
      const command = { ...one, documents: Array.from({ length: documents }, () => one.documents[0]!) };
      const idempotencyKey = `${name}-${index}`;
      return signTestTransaction({
        ...{ chainId: genesis.chainId, signer: 'acme/submitter', idempotencyKey, command },
        validUntilHeight: 100_000,
      });
    });
    this.bench.ledger.execute(signed);
  }

  /** Acme's ledger key changes, and with it the epoch. */
  rotate(named: string): void {
    const ledgerKey = this.bench.ledgerKey('acme', named);
    this.bench.pass({ type: 'rotateLedgerKey', organisation: 'acme', ledgerKey });
    this.bench.untilInForce();
  }

  exporter(): BundleExporter {
    const { genesis } = this.bench.ledger;
    const { genesisBytes, reader } = this;
    return new BundleExporter({
      genesis,
      genesisBytes,
      epochs: new EpochHistory(genesis, this.later),
      reader,
    });
  }

  async bundle(from: Height = 1, to?: Height): Promise<Uint8Array> {
    const opened = await this.exporter().open(from, to);
    if ('refused' in opened) throw new Error(opened.refused);
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.chunks) chunks.push(chunk);
    return concatBytes(...chunks);
  }

  readonly reader = {
    headHeight: async () => this.height,
    highestCheckpoint: async () => this.firstFrom(this.height, -1),
    firstCheckpointFrom: async (height: Height) => this.firstFrom(height, 1),
    readCheckpoint: async (height: Height) =>
      this.uncertified.has(height) ? undefined : this.certificate(height),
    readBlock: async (height: Height) => this.summary(height),
    listBlocks: async ({ after = 0 }: { readonly after?: Height }, limit: number) =>
      this.kept.slice(after, after + limit).flatMap((_, index) => this.summary(after + 1 + index) ?? []),
    listTransactions: async (
      after: { readonly index: number } | undefined,
      limit: number,
      filter?: { readonly height?: Height },
    ) => {
      const start = (after?.index ?? -1) + 1;
      return this.transactionsOf(filter?.height ?? 0).slice(start, start + limit);
    },
    readLogNodes: async (nodes: readonly { readonly level: number; readonly index: number }[]) => {
      const results = [this.bench.ledger.genesisResult, ...this.kept.map(({ executed }) => executed)];
      const all = results.flatMap(({ logNodes }) => logNodes);
      return nodes.map(({ level, index }) => {
        const found = all.find((node) => node.level === level && node.index === index);
        if (found === undefined) throw new RangeError(`no node ${level}/${index}`);
        return found.hash;
      });
    },
  };

  private transactionsOf(height: Height): readonly StoredTransaction[] {
    const { executed } = this.kept[height - 1]!;
    return executed.transactions.map(({ transaction: { id, body, signature } }, index) => {
      const outcome = executed.outcomeBytes[index]!;
      return { id, body, signature, height, index, outcome };
    });
  }

  private firstFrom(start: Height, step: 1 | -1): CheckpointCertificate | undefined {
    for (let height = start; height >= 1 && height <= this.height; height += step)
      if (!this.uncertified.has(height)) return this.certificate(height);
    return undefined;
  }

  private signaturesOf({ validators }: EpochTerms, message: Uint8Array) {
    return Array.from({ length: quorumSize(validators.length) }, (_, signer) => {
      const seed = SEEDS.get(validators[signer]!.ledgerKey)!;
      return { signer, signature: signMessage(seed, message) };
    });
  }

  private certificate(height: Height): CheckpointCertificate | undefined {
    const kept = this.kept[height - 1];
    if (kept === undefined) return undefined;
    const root = kept.executed.logRoot;
    const text = checkpointText(this.bench.ledger.genesis.origin, height, root);
    return { height, root, signatures: this.signaturesOf(kept.terms, utf8ToBytes(text)) };
  }

  private commitOf({ executed: { block }, terms }: KeptBlock): QuorumCertificate {
    const vote = { kind: 'commit', epoch: terms.epoch, view: 0, height: block.header.height } as const;
    const { chainId } = this.bench.ledger.genesis;
    const message = encodeVote({ ...vote, chainId, digest: block.hash });
    return { ...vote, blockHash: block.hash, signatures: this.signaturesOf(terms, message) };
  }

  private summary(height: Height): BlockSummary | undefined {
    const kept = this.kept[height - 1];
    if (kept === undefined) return undefined;
    const { header, hash } = kept.executed.block;
    return {
      ...{ height, hash, header, headerBytes: encodeHeader(header), certified: true },
      resultRecord: kept.executed.resultRecordBytes,
      certificate: this.commitOf(kept),
    };
  }
}
