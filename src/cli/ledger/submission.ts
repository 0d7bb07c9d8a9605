/** Signs commands with the key of an identity of a keystore, and submits them one after the other. */
import type { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { identityKeyName, type FileKeystore } from '../../keys/file-keystore.js';
import { parseGenesis, type Genesis } from '../../protocol/ledger/genesis.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import {
  CountersignClient,
  signTransactionWith,
  type Command as LedgerCommand,
  type CommittedTransaction,
  type TransactionSigner,
} from '../../sdk/index.js';
import { UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { addKeystoreOptions, openKeystore, type KeystoreOptions } from '../keystore-options.js';
import { nodeUrl, type NodeAddressOptions } from '../node-access.js';
import { parseDuration } from '../parse-options.js';

export interface SubmissionOptions extends KeystoreOptions, NodeAddressOptions {
  readonly identity: string;
  readonly genesis?: string;
  readonly timeout: number;
}

const VALID_FOR_BLOCKS_MAX = 10_000;

export function addSubmissionOptions(command: Command, defaultIdentity: string): Command {
  return addKeystoreOptions(command)
    .option('--identity <name>', 'identity that signs', defaultIdentity)
    .option('--url <url>', 'address of the node (default: that of --config)')
    .option('--genesis <file>', 'genesis file (default: that of --config, else the node is asked)')
    .option('--timeout <duration>', 'how long to wait for each transaction', parseDuration, 30_000);
}

/** From somebody the user trusts where there is a file, else from the node, if one can be asked. */
export async function readGenesis(
  { genesis: file, config }: Pick<SubmissionOptions, 'genesis' | 'config'>,
  client?: CountersignClient,
): Promise<Genesis> {
  const configured =
    config === undefined
      ? undefined
      : loadConfiguration(processEnvironment(), config).configuration.genesisFile;
  const source = file ?? configured;
  if (source === undefined && client === undefined)
    throw new UsageError('name the genesis file with --genesis FILE or --config FILE');
  const bytes = source === undefined ? await client?.genesis() : await readInput(source);
  const genesis = parseGenesis(bytes ?? new Uint8Array());
  if (genesis.ok) return genesis.value;
  throw new LedgerError(
    genesis.rejection.code,
    `${source ?? "the node's genesis file"}: ${genesis.rejection.message}`,
  );
}

export class Submission {
  private constructor(
    readonly genesis: Genesis,
    readonly keystore: FileKeystore,
    readonly client: CountersignClient,
    private readonly signer: TransactionSigner,
    private readonly timeoutMs: number,
    private height: number,
  ) {}

  /** Throws what the keystore, the genesis file and the node have to say. */
  static async open(options: SubmissionOptions): Promise<Submission> {
    const keystore = await openKeystore(options, false);
    const signer = await keystore.loadSigner(identityKeyName(options.identity));
    const client = new CountersignClient(nodeUrl(options), { retries: 1, credentials: { signer } });
    const genesis = await readGenesis(options, client);
    const { height } = await client.status();
    return new Submission(genesis, keystore, client, signer, options.timeout, height);
  }

  /** Resolves when the transaction is durable at the node, whatever its outcome. Throws CountersignError. */
  async submit(command: LedgerCommand, idempotencyKey: string): Promise<CommittedTransaction> {
    const { chainId, parameters } = this.genesis;
    const validUntilHeight = this.height + Math.min(parameters.transactionTtlBlocks, VALID_FOR_BLOCKS_MAX);
    const terms = { chainId, idempotencyKey, validUntilHeight };
    const transaction = await signTransactionWith(this.signer, terms, command);
    const committed = await this.client.submitAndWait(transaction, { timeoutMs: this.timeoutMs });
    this.height = committed.height;
    return committed;
  }
}
