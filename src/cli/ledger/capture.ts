/** `capture`: records EPCIS documents, signed with an identity's key; each document is one transaction. */
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { identityKeyName } from '../../keys/file-keystore.js';
import { sha256 } from '../../protocol/crypto/sha256.js';
import { parseGenesis, type Genesis } from '../../protocol/ledger/genesis.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import {
  captureEpcisDocument,
  CountersignError,
  signTransactionWith,
  type CommittedTransaction,
  type CountersignClient,
} from '../../sdk/index.js';
import { EXIT_CODE } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { addKeystoreOptions, openKeystore, type KeystoreOptions } from '../keystore-options.js';
import { createClient, type NodeAddressOptions } from '../node-address.js';
import { parseDuration } from '../parse-options.js';
import { terminalOf } from '../terminal.js';
import { describeTransaction } from './tx.js';

interface CaptureOptions extends KeystoreOptions, NodeAddressOptions {
  readonly identity: string;
  readonly genesis?: string;
  readonly idempotencyKey?: string;
  readonly timeout: number;
}

const LINE_FEED = 0x0a;
const VALID_FOR_BLOCKS_MAX = 10_000;

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** A file that is one JSON text is one document as it stands; otherwise each line that is not blank is one. */
function splitDocuments(bytes: Uint8Array): readonly Uint8Array[] {
  if (isJson(bytes)) return [bytes];
  const documents: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    const line = bytes.subarray(start, end);
    if (new TextDecoder().decode(line).trim() !== '') documents.push(line);
    start = end + 1;
  }
  return documents;
}

/** From somebody the user trusts where there is a file, else from the node. */
async function readGenesis(options: CaptureOptions, client: CountersignClient): Promise<Genesis> {
  const { genesis: file, config } = options;
  const configured =
    config === undefined
      ? undefined
      : loadConfiguration(processEnvironment(), config).configuration.genesisFile;
  const source = file ?? configured;
  const genesis = parseGenesis(source === undefined ? await client.genesis() : await readInput(source));
  if (genesis.ok) return genesis.value;
  throw new LedgerError(
    genesis.rejection.code,
    `${source ?? "the node's genesis file"}: ${genesis.rejection.message}`,
  );
}

async function capture(
  documents: readonly Uint8Array[],
  options: CaptureOptions,
  onCommitted: (committed: CommittedTransaction) => void,
): Promise<void> {
  const client = createClient(options);
  const { chainId, parameters } = await readGenesis(options, client);
  const signer = await (await openKeystore(options, false)).loadSigner(identityKeyName(options.identity));
  let { height } = await client.status();
  for (const [index, document] of documents.entries()) {
    const suffix = documents.length === 1 ? '' : `-${index + 1}`;
    const idempotencyKey =
      options.idempotencyKey === undefined
        ? `capture-${bytesToHex(sha256(document)).slice(0, 32)}`
        : options.idempotencyKey + suffix;
    const validUntilHeight = height + Math.min(parameters.transactionTtlBlocks, VALID_FOR_BLOCKS_MAX);
    const terms = { chainId, idempotencyKey, validUntilHeight };
    const transaction = await signTransactionWith(signer, terms, captureEpcisDocument(document));
    try {
      const committed = await client.submitAndWait(transaction, { timeoutMs: options.timeout });
      height = committed.height;
      onCommitted(committed);
    } catch (error) {
      if (documents.length === 1 || !(error instanceof CountersignError)) throw error;
      throw new CountersignError(error.code, `document ${index + 1}: ${error.message}`, error.problem, {
        cause: error,
      });
    }
  }
}

export function captureCommand(): Command {
  return addKeystoreOptions(new Command('capture'))
    .description('record EPCIS 2.0 documents: a JSON file, or one document a line')
    .argument('<file>', 'file, or - for standard input')
    .option('--identity <name>', 'identity that signs', 'app')
    .option('--url <url>', 'address of the node (default: that of --config)')
    .option('--genesis <file>', 'genesis file (default: that of --config, else the node is asked)')
    .option(
      '--idempotency-key <key>',
      'name of the request (default: digest of the document, so nothing is recorded twice)',
    )
    .option('--timeout <duration>', 'how long to wait for each document', parseDuration, 30_000)
    .addHelpText(
      'after',
      `
Examples:
  countersign capture shipment.json --config acme/countersign.yaml
  countersign capture events.ndjson --config acme/countersign.yaml --identity scanner-1 --json`,
    )
    .action(async (file: string, options: CaptureOptions, command: Command) => {
      const terminal = terminalOf(command);
      const documents = splitDocuments(await readInput(file));
      if (documents.length === 0) throw new LedgerError('FILE_UNREADABLE', `${file} holds no document`);
      const captured: CommittedTransaction[] = [];
      try {
        await capture(documents, options, (committed) => {
          captured.push(committed);
          if (committed.outcome.code === 'FAILED') process.exitCode = EXIT_CODE.failed;
        });
      } finally {
        // What was recorded is told even when a later document failed.
        if (captured.length > 0) terminal.data(captured, () => captured.map(describeTransaction).join('\n'));
      }
    });
}
