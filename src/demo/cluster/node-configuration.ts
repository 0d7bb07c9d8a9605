/** The configuration file of one node of the demo: written anew at every start, because ports may differ. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { OrganisationFolder } from '../demo-folder.js';
import type { DatabaseUrls } from '../postgres/create-database.js';
import type { NodePorts } from './cluster-node.js';

/** Sections that a test or a benchmark sets otherwise, in the form of the configuration file. */
export type NodeSettings = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

const HEADER = `# Written by "countersign demo" at every start: changes here are lost. NOT FOR PRODUCTION, its keys are not encrypted.
`;

export function writeNodeConfiguration(
  place: OrganisationFolder,
  genesisFile: string,
  ports: NodePorts,
  peerPorts: ReadonlyMap<string, number>,
  database: DatabaseUrls,
  settings: NodeSettings = {},
): void {
  mkdirSync(place.dataFolder, { recursive: true, mode: 0o700 });
  const addresses = [...peerPorts]
    .filter(([organisation]) => organisation !== place.organisation)
    .map(([organisation, port]) => [organisation, `127.0.0.1:${port}`]);
  const configuration = {
    organisation: place.organisation,
    dataDirectory: place.dataFolder,
    genesisFile,
    database: {
      url: database.url,
      ownerUrl: database.ownerUrl,
      readerUrl: database.readerUrl,
      connectionsMax: 6,
      ...settings['database'],
    },
    rest: { port: ports.rest, ...settings['rest'] },
    metrics: { port: ports.metrics },
    peer: { port: ports.peer, addresses: Object.fromEntries(addresses) as Record<string, string> },
    keys: { directory: place.keysFolder, allowPlain: true },
    ...(settings['consensus'] === undefined ? {} : { consensus: settings['consensus'] }),
    ...(settings['log'] === undefined ? {} : { log: settings['log'] }),
  };
  writeFileSync(place.configFile, HEADER + stringify(configuration), { mode: 0o600 });
}
