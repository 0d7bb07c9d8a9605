/** The configuration file of one node of the demo: written anew at every start, because ports may differ. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { OrganisationFolder } from '../demo-folder.js';
import type { DatabaseUrls } from '../postgres/create-database.js';
import type { NodePorts } from './cluster-node.js';

/** Sections that a test or a benchmark sets otherwise, in the form of the configuration file. */
export type NodeSettings = Readonly<
  Record<string, Readonly<Record<string, string | number | boolean | object>>>
>;

export interface NodeConfigurationChoices {
  readonly place: OrganisationFolder;
  readonly genesisFile: string;
  readonly ports: NodePorts;
  /** Where the node finds the others on this machine. */
  readonly peerPorts: ReadonlyMap<string, number>;
  readonly database: DatabaseUrls;
  readonly settings?: NodeSettings | undefined;
}

const HEADER = `# Written by "countersign demo" at every start: changes here are lost. NOT FOR PRODUCTION, its keys are not encrypted.
`;

export function writeNodeConfiguration(choices: NodeConfigurationChoices): void {
  const { place, genesisFile, ports, peerPorts, database, settings = {} } = choices;
  mkdirSync(place.dataFolder, { recursive: true, mode: 0o700 });
  const addresses = [...peerPorts]
    .filter(([organisation]) => organisation !== place.organisation)
    .map(([organisation, port]) => [organisation, `127.0.0.1:${port}`]);
  const sections: Record<string, object> = {
    database: {
      url: database.url,
      ownerUrl: database.ownerUrl,
      readerUrl: database.readerUrl,
    },
    rest: { port: ports.rest },
    metrics: { port: ports.metrics },
    peer: { port: ports.peer, addresses: Object.fromEntries(addresses) as Record<string, string> },
    keys: { directory: place.keysFolder, allowPlain: true },
  };
  for (const [name, values] of Object.entries(settings)) sections[name] = { ...sections[name], ...values };
  const configuration = {
    organisation: place.organisation,
    dataDirectory: place.dataFolder,
    genesisFile,
    ...sections,
  };
  writeFileSync(place.configFile, HEADER + stringify(configuration), { mode: 0o600 });
}
