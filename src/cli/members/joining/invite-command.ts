/** `member invite`: the file by which another organisation prepares to join. */
import { Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../../../config/load-configuration.js';
import { processEnvironment } from '../../../config/process-environment.js';
import { isOrganisationName } from '../../../protocol/primitives/identifiers.js';
import { isNetworkAddress } from '../../../protocol/primitives/network-address.js';
import { writeOutput } from '../../input-file.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../../node-access.js';
import { terminalOf } from '../../terminal.js';
import { writeInvite } from './invite.js';

type Addresses = Readonly<Record<string, string>>;

interface InviteOptions extends NodeAccessOptions {
  readonly output: string;
  readonly address: Addresses;
}

function parseAddress(text: string, before: Addresses): Addresses {
  const [organisation = '', address = ''] = text.split('=');
  if (!isOrganisationName(organisation) || !isNetworkAddress(address))
    throw new InvalidArgumentError('An address is ORGANISATION=HOST:PORT.');
  return { ...before, [organisation]: address };
}

/** What the node's own configuration knows of the others. */
function configuredAddresses(config: string | undefined): Addresses {
  if (config === undefined) return {};
  return loadConfiguration(processEnvironment(), config).configuration.peer.addresses;
}

export function inviteCommand(): Command {
  return addNodeAccess(new Command('invite'))
    .description(
      'write what another organisation needs to ask to join: the genesis file and where the members are',
    )
    .option('-o, --output <file>', 'file to write', 'invite.json')
    .option(
      '--address <organisation=host:port>',
      'where a member is reached, when neither the ledger nor --config says it (repeatable)',
      parseAddress,
      {},
    )
    .action(async (options: InviteOptions, command: Command) => {
      const client = await createClient(options);
      const [genesisBytes, { items }] = await Promise.all([client.genesis(), client.organisations()]);
      const members = items.filter(({ removedHeight }) => removedHeight === undefined);
      const known: Addresses = { ...configuredAddresses(options.config), ...options.address };
      const addresses = Object.fromEntries(
        members.flatMap(({ name, address }) => {
          const told = options.address[name] ?? address ?? known[name];
          return told === undefined ? [] : [[name, told]];
        }),
      );
      const invite = writeInvite(genesisBytes, addresses);
      writeOutput(options.output, `${JSON.stringify(invite, undefined, 2)}\n`, { overwrite: false });
      const terminal = terminalOf(command);
      const silent = members.map(({ name }) => name).filter((name) => !(name in addresses));
      terminal.data({ file: options.output, chainId: invite.chainId, addresses }, () =>
        [
          `${options.output}  give this to the organisation that is to join`,
          `chain id ${invite.chainId}: let it compare this over a channel that both trust`,
        ].join('\n'),
      );
      if (silent.length > 0)
        terminal.message(
          `nothing says where ${silent.join(' and ')} can be reached: add --address ${silent[0] ?? ''}=HOST:PORT, or let each say it with "countersign member address"`,
        );
    });
}
