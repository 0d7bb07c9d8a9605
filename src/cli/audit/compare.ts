/** `audit compare`: whether two organisations hold one ledger, and where not. Exit status 3 when they differ. */
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import {
  compareLedgers,
  type HeightDifference,
  type LedgerComparison,
  type SeenValue,
} from '../../sdk/index.js';
import { UsageError, VerificationError } from '../exit-code.js';
import { addNodeAccess, createClient, nodeUrl, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';

interface CompareOptions extends NodeAccessOptions {
  readonly with?: string;
  readonly withUrl?: string;
  readonly withKeys?: string;
  readonly withIdentity?: string;
  readonly withTokenFile?: string;
  readonly withPassphraseFile?: string;
  readonly keysMax: number;
}

/** A node that is busy says so, and the walk through a large state is many requests. */
const RETRIES = 8;
const SHOWN_CHARACTERS = 20;

/** How the other node is reached: as whoever asks the first one, unless it is said otherwise. */
function otherAccess(options: CompareOptions): NodeAccessOptions {
  const { with: config, withUrl, withKeys, withIdentity, withTokenFile, withPassphraseFile } = options;
  if (config === undefined && withUrl === undefined)
    throw new UsageError('name the other node: --with FILE or --with-url URL');
  const own =
    config === undefined && withKeys === undefined && withTokenFile === undefined
      ? options
      : {
          ...(config === undefined ? {} : { config }),
          ...(withKeys === undefined ? {} : { keys: withKeys }),
          ...(withTokenFile === undefined ? {} : { tokenFile: withTokenFile }),
          ...(withPassphraseFile === undefined ? {} : { passphraseFile: withPassphraseFile }),
          ...(options.plain === undefined ? {} : { plain: options.plain }),
        };
  const { url: _url, ...access } = own as NodeAccessOptions;
  const address = withUrl === undefined ? {} : { url: withUrl };
  return { ...access, ...address, identity: withIdentity ?? options.identity };
}

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}

function describeHeight({ height, fields, outcomes }: HeightDifference): readonly string[] {
  return [
    `first difference  height ${height}`,
    ...fields.map(({ field, first, second }) => `  ${field}: ${first} | ${second}`),
    ...outcomes.map(
      ({ index, first, second }) => `  outcome ${index}: ${first ?? 'none'} | ${second ?? 'none'}`,
    ),
  ];
}

function describeValue({ valueDigest, toHeight }: SeenValue): string {
  return valueDigest === undefined ? `absent at ${toHeight}` : `${shortened(valueDigest)} at ${toHeight}`;
}

function describe(comparison: LedgerComparison, names: readonly [string, string]): string {
  const { height, firstDifference, keys, keysTruncated, unsettled, entries, equal } = comparison;
  const lines = [
    equal && unsettled.length === 0
      ? 'one ledger: both nodes hold the same'
      : equal
        ? 'no difference, but not everything could be compared'
        : 'the nodes differ',
    `compared          results up to height ${height}, ${entries} entries of the state`,
    ...(firstDifference === undefined ? [] : describeHeight(firstDifference)),
    ...(unsettled.length === 0 ? [] : [`kept changing     ${unsettled.join(', ')}`]),
  ];
  if (keys.length > 0)
    lines.push(
      formatTable(
        ['KEY', ...names],
        keys.map(({ key, first, second }) => [key, describeValue(first), describeValue(second)]),
      ),
    );
  if (keysTruncated) lines.push(`more keys may differ: --keys-max ${2 * keys.length}`);
  return lines.join('\n');
}

/** Throws what the exit status follows from. */
function judge({ equal, unsettled, firstDifference, keys }: LedgerComparison): void {
  if (!equal) {
    const where =
      firstDifference === undefined
        ? `their results agree and ${keys.length} of the keys of their states do not: the database of one was changed`
        : `they disagree from height ${firstDifference.height} on`;
    throw new VerificationError('LEDGERS_DIFFER', `the two nodes hold different ledgers; ${where}`);
  }
  if (unsettled.length > 0)
    throw new LedgerError(
      'COMPARISON_UNSETTLED',
      `${unsettled.length} keys kept changing while they were compared; run it again when the ledger is quieter`,
    );
}

export function compareCommand(): Command {
  return addNodeAccess(new Command('compare'))
    .description('compare the ledgers of two nodes: results by height, and the state key by key')
    .option('--with <file>', 'configuration file of the other node, which also names its keys')
    .option('--with-url <url>', 'address of the other node; asked with the same key unless another is named')
    .option('--with-keys <folder>', 'folder of the keys for the other node')
    .option('--with-identity <name>', 'identity that asks the other node (default: that of --identity)')
    .option('--with-token-file <file>', 'file with a token for the other node')
    .option('--with-passphrase-file <file>', 'file whose first line opens the keys for the other node')
    .option('--keys-max <count>', 'stop at so many keys that differ', parseCount, 100)
    .addHelpText(
      'after',
      `
Examples:
  countersign audit compare --config acme/countersign.yaml --with globex/countersign.yaml
  countersign audit compare --config acme/countersign.yaml --with-url https://ledger.globex.example`,
    )
    .action(async (options: CompareOptions, command: Command) => {
      if (options.keysMax < 1) throw new UsageError('--keys-max must be 1 or more');
      const terminal = terminalOf(command);
      const other = otherAccess(options);
      const names = [nodeUrl(options), nodeUrl(other)] as const;
      const clients = [await createClient(options, RETRIES), await createClient(other, RETRIES)] as const;
      const comparison = await compareLedgers(...clients, {
        keysMax: options.keysMax,
        onEntries: (entries) => {
          terminal.progress(`compared ${entries} entries of the state`);
        },
      });
      terminal.progress('');
      terminal.data({ nodes: names, ...comparison }, () => describe(comparison, names));
      judge(comparison);
    });
}
