/** `cert`: which certificates the nodes show, and when they expire. Nodes issue their own; nothing here has to be renewed. */
import { Command } from 'commander';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { showCertificate } from '../../network/show-certificate.js';
import { parseGenesis } from '../../protocol/ledger/genesis.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';
import { EXIT_CODE, UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { addNodeAccess, createClient, networkAddress, type NodeAccessOptions } from '../node-access.js';
import { parseNetworkAddress } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';

interface ShowOptions extends NodeAccessOptions {
  readonly genesis?: string;
}

interface Member {
  readonly organisation: string;
  readonly ledgerKeys: readonly PublicKey[];
}

interface ShownRow {
  readonly address: string;
  readonly organisation?: string;
  readonly expires?: string;
  readonly ledgerKey?: PublicKey;
  readonly problem?: { readonly code: 'CERTIFICATE_INVALID' | 'NODE_UNREACHABLE'; readonly detail: string };
}

const DAY_MS = 86_400_000;

/** Of the genesis file, which needs no node; else as the node knows them now. */
async function membersOf(options: ShowOptions): Promise<readonly Member[]> {
  if (options.genesis === undefined) {
    const { inForce, pending, learners } = await (await createClient(options)).validators();
    const all = [...inForce.validators, ...(pending?.validators ?? []), ...learners];
    const names = [...new Set(all.map(({ organisation }) => organisation))];
    return names.map((organisation) => ({
      organisation,
      ledgerKeys: [
        ...new Set(
          all.filter((each) => each.organisation === organisation).map(({ ledgerKey }) => ledgerKey),
        ),
      ],
    }));
  }
  const genesis = parseGenesis(await readInput(options.genesis));
  if (!genesis.ok) throw new LedgerError(genesis.rejection.code, genesis.rejection.message);
  return genesis.value.validators.map(({ organisation, ledgerKey }) => ({
    organisation,
    ledgerKeys: [ledgerKey],
  }));
}

/** The node of the configuration and the others that it names. */
function configuredAddresses(config: string | undefined): readonly string[] {
  if (config === undefined) return [];
  const { peer } = loadConfiguration(processEnvironment(), config).configuration;
  return [networkAddress(peer), ...Object.values(peer.addresses)];
}

async function shownAt(address: string, members: readonly Member[], nowMs: number): Promise<ShownRow> {
  try {
    const shown = await showCertificate(address, members, nowMs);
    if (!shown.ok)
      return { address, problem: { code: 'CERTIFICATE_INVALID', detail: shown.rejection.message } };
    const { organisation, notAfterMs, ledgerKey } = shown.value;
    return { address, organisation, expires: new Date(notAfterMs).toISOString(), ledgerKey };
  } catch (error) {
    const detail = `not reachable: ${error instanceof Error ? error.message : String(error)}`;
    return { address, problem: { code: 'NODE_UNREACHABLE', detail } };
  }
}

function describeRow({ address, organisation, expires, ledgerKey, problem }: ShownRow, nowMs: number) {
  if (expires === undefined) return [address, '-', problem?.detail ?? '', '-'];
  const days = Math.floor((Date.parse(expires) - nowMs) / DAY_MS);
  return [address, organisation ?? '', `${expires}, in ${days} days`, ledgerKey ?? ''];
}

function showCommand(): Command {
  return addNodeAccess(new Command('show'))
    .description('show whose certificate nodes present to their peers, and when it expires')
    .argument('[host:port...]', 'where nodes listen for their peers (default: those of --config)')
    .option('--genesis <file>', 'take the ledger keys from this file instead of asking the node')
    .action(async (named: readonly string[], options: ShowOptions, command: Command) => {
      const addresses =
        named.length > 0 ? named.map(parseNetworkAddress) : configuredAddresses(options.config);
      if (addresses.length === 0) throw new UsageError('name an address HOST:PORT, or --config FILE');
      const members = await membersOf(options);
      const nowMs = Date.now();
      const rows = await Promise.all(addresses.map((address) => shownAt(address, members, nowMs)));
      terminalOf(command).data(rows, () =>
        formatTable(
          ['ADDRESS', 'ORGANISATION', 'EXPIRES', 'UNDER THE LEDGER KEY'],
          rows.map((row) => describeRow(row, nowMs)),
        ),
      );
      const codes = rows.map(({ problem }) => problem?.code);
      if (codes.includes('CERTIFICATE_INVALID')) process.exitCode = EXIT_CODE.verificationFailed;
      else if (codes.includes('NODE_UNREACHABLE')) process.exitCode = EXIT_CODE.notReachable;
    });
}

export function certCommand(): Command {
  return new Command('cert')
    .description('TLS certificates of the nodes, which they issue to themselves under their ledger keys')
    .addCommand(showCommand())
    .addHelpText(
      'after',
      `
A node makes itself a certificate when it starts and a new one in time, without a restart; a network whose certificates
have all expired while it was down starts again by itself. Certificates of observers: countersign observer issue.

Examples:
  countersign cert show --config acme/countersign.yaml
  countersign cert show ledger.globex.example:7050 --genesis genesis.json`,
    );
}
