/**
 * A second process under the key of an organisation, with a database and ports of its own: what an operator has who restores a
 * machine while the old one still runs, and what a thief of the key has.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { ClusterNode } from '../../../src/demo/cluster/cluster-node.js';
import { PortAllocator } from '../../../src/demo/cluster/free-port.js';
import { writeNodeConfiguration } from '../../../src/demo/cluster/node-configuration.js';
import { organisationFolder } from '../../../src/demo/demo-folder.js';
import type { DatabaseUrls } from '../../../src/demo/postgres/create-database.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { mainFile } from '../test-cluster.js';
import type { ChaosCluster } from './chaos-cluster.js';
import { Links } from './network/links.js';

export interface SecondNodeChoices {
  /** Of the new database in the server of the organisation. */
  readonly database: string;
  /** Its votes; a folder of its own unless given. */
  readonly dataFolder?: string;
}

async function createDatabase(urls: DatabaseUrls, name: string): Promise<DatabaseUrls> {
  const owner = new pg.Client(urls.ownerUrl);
  await owner.connect();
  await owner.query(`CREATE DATABASE ${name}`);
  await owner.end();
  const renamed = (url: string): string => Object.assign(new URL(url), { pathname: name }).href;
  const created = {
    ownerUrl: renamed(urls.ownerUrl),
    url: renamed(urls.url),
    readerUrl: renamed(urls.readerUrl),
  };
  await migrateDatabase(created.ownerUrl);
  return created;
}

export class SecondNode {
  private constructor(
    readonly node: ClusterNode,
    /** From this process to the others; the first one has links of its own. */
    readonly links: Links,
  ) {}

  /** An empty database and a configuration; `start` starts the process. */
  static async prepare(
    chaos: ChaosCluster,
    organisation: string,
    { database: name, dataFolder }: SecondNodeChoices,
  ): Promise<SecondNode> {
    const first = chaos.cluster.node(organisation);
    const folder = organisationFolder(path.join(chaos.directory, name), organisation);
    const place = {
      ...folder,
      keysFolder: first.place.keysFolder,
      dataFolder: dataFolder ?? folder.dataFolder,
    };
    mkdirSync(place.folder, { recursive: true });
    const allocator = new PortAllocator();
    const ports = {
      rest: await allocator.take(0),
      peer: await allocator.take(0),
      metrics: await allocator.take(0),
    };
    const links = new Links();
    const peerPorts = new Map<string, number>();
    for (const other of chaos.cluster.nodes) {
      if (other.organisation === organisation) continue;
      const port = await links.detours.peerPort(organisation, other.organisation, other.ports.peer);
      peerPorts.set(other.organisation, port);
    }
    const database = await createDatabase(first.postgres, name);
    writeNodeConfiguration({ place, genesisFile: chaos.cluster.genesisFile, ports, peerPorts, database });
    return new SecondNode(new ClusterNode(place, ports, first.postgres, first.auditor), links);
  }

  async start(): Promise<void> {
    await this.node.start(mainFile);
  }

  async close(): Promise<void> {
    await this.node.process?.stop();
    await this.links.close();
  }
}
