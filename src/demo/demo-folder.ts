/** Where the demo keeps what it makes: below the project's folder unless told otherwise, one folder an organisation. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Sorted: the first one takes bare documents, and a validator's index is its place here. */
export const DEMO_ORGANISATIONS = ['acme', 'globex', 'initech', 'umbrella'] as const;

export const DEMO_CONSORTIUM = 'demo';

/** Usual ports of the first organisation; the next ones follow. A port that is taken is replaced by a free one. */
export const DEMO_PORTS = { rest: 7101, peer: 7201, metrics: 7301, postgres: 7401 } as const;

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

export const defaultDemoDirectory = path.join(projectFolder, '.countersign', 'demo');

/** The sample documents, copied beside the compiled program. */
export const sampleFile = fileURLToPath(new URL('./samples/supply-chain.ndjson', import.meta.url));

export interface OrganisationFolder {
  readonly organisation: string;
  readonly folder: string;
  readonly configFile: string;
  readonly keysFolder: string;
  readonly dataFolder: string;
  readonly postgresFolder: string;
  readonly logFile: string;
}

export function organisationFolder(directory: string, organisation: string): OrganisationFolder {
  const folder = path.join(directory, organisation);
  return {
    organisation,
    folder,
    configFile: path.join(folder, 'countersign.yaml'),
    keysFolder: path.join(folder, 'keys'),
    dataFolder: path.join(folder, 'data'),
    postgresFolder: path.join(folder, 'postgres'),
    logFile: path.join(folder, 'node.log'),
  };
}

export function genesisFileIn(directory: string): string {
  return path.join(directory, 'genesis.json');
}

/** Receives a copy of PostgreSQL where the npm package cannot be used in place. */
export function binariesFolderIn(directory: string): string {
  return path.join(directory, 'binaries');
}
