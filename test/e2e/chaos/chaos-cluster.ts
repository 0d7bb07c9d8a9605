/**
 * Four organisations whose every connection a test can disturb, under a load whose history is checked. Whatever a test has
 * done, in the end the links are whole, all four hold the same ledger, and it is the one that the clients were told of.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { Cluster, ClusterOptions } from '../../../src/demo/cluster/cluster.js';
import type { StatusResource } from '../../../src/sdk/index.js';
import { startLoad, underLoad, type Load, type LoadChoices } from '../load.js';
import { expectOneLedger } from '../one-ledger.js';
import { eventually, startTestCluster, type LoadNode, type TestCluster } from '../test-cluster.js';
import { History } from './history/history.js';
import { Links } from './network/links.js';

/** For one test: says "hangs" on a machine that is busy with others. */
export const CHAOS_LIMIT_MS = 300_000;

export interface ChaosChoices extends Partial<LoadChoices> {
  /** Whom the nodes may hold evidence against. */
  readonly mayBeAccused?: readonly string[];
}

export class ChaosCluster {
  readonly history = new History();
  /** True while a test is under way, and for ever when one has failed: then the folder is kept. */
  private isWorthKeeping = false;
  private load: Load | undefined;
  private readonly startedAtMs = performance.now();
  private readonly verified = new Set<string>();

  private constructor(
    private readonly test: TestCluster,
    readonly links: Links,
  ) {}

  static async start(options: Partial<Pick<ClusterOptions, 'settings' | 'own'>> = {}): Promise<ChaosCluster> {
    const links = new Links();
    try {
      const test = await startTestCluster({ fsync: true, detours: links.detours, ...options });
      return new ChaosCluster(test, links);
    } catch (error) {
      await links.close();
      throw error;
    }
  }

  get cluster(): Cluster {
    return this.test.cluster;
  }

  get nodes(): readonly LoadNode[] {
    return this.test.nodes;
  }

  get directory(): string {
    return this.test.directory;
  }

  /** Ends everything; the folder stays when a test has not ended well. */
  async close(): Promise<void> {
    // How a load has failed was told by its test.
    await this.load?.stop().catch(() => undefined);
    await this.test.close(this.isWorthKeeping);
    await this.links.close();
    if (this.isWorthKeeping) process.stderr.write(`logs are kept in ${this.directory}\n`);
  }

  /** Writes down what is done to the cluster and when, beside the logs of the nodes. */
  note(what: string): void {
    const line = `${new Date().toISOString()} +${Math.round(performance.now() - this.startedAtMs)} ms ${what}\n`;
    appendFileSync(path.join(this.directory, 'timeline.log'), line);
  }

  /** One test: `body` under load, then one ledger. A failure says where the logs are. */
  async run(
    name: string,
    body: (load: Load) => Promise<void>,
    { mayBeAccused = [], ...load }: ChaosChoices = {},
  ): Promise<void> {
    const hasFailedBefore = this.isWorthKeeping;
    this.isWorthKeeping = true;
    this.note(`${name}: begins`);
    this.load = startLoad(this.nodes, this.cluster.genesis.chainId, {
      name,
      history: this.history,
      ...load,
    });
    try {
      await underLoad(this.load, body);
      this.note(`${name}: the load has ended`);
      this.links.heal();
      await expectOneLedger(this.test, this.history, { mayBeAccused, verified: this.verified });
    } catch (error) {
      this.note(`${name}: failed, ${String(error)}`);
      process.stderr.write(`${name} failed, see ${this.directory}; ${await this.describe()}\n`);
      this.links.heal();
      throw error;
    }
    this.note(`${name}: ends`);
    this.isWorthKeeping = hasFailedBefore;
  }

  /** Who is the primary, as the newest view says that one of the organisations has entered or is changing to. */
  async primary(
    among: readonly string[] = this.nodes.map(({ organisation }) => organisation),
  ): Promise<string> {
    const statuses = await Promise.all(among.map((organisation) => this.status(organisation)));
    return statuses.reduce((newest, status) => (status.view > newest.view ? status : newest)).primary;
  }

  status(organisation: string): Promise<StatusResource> {
    return this.cluster.node(organisation).client.status();
  }

  othersThan(...organisations: readonly string[]): readonly string[] {
    return this.nodes
      .map(({ organisation }) => organisation)
      .filter((organisation) => !organisations.includes(organisation));
  }

  /** Resolves with the status that `holds` is true of. */
  async eventually(
    what: string,
    organisation: string,
    holds: (status: StatusResource) => boolean,
  ): Promise<StatusResource> {
    return eventually(`${organisation}: ${what}`, async () => {
      const status = await this.status(organisation);
      return holds(status) ? status : undefined;
    });
  }

  /** Where each node stands, for whoever reads about a failure. */
  private async describe(): Promise<string> {
    const words = this.nodes.map(async ({ organisation }) => {
      try {
        const { height, view, cause } = await this.status(organisation);
        return `${organisation} at ${height} in view ${view}: ${cause}`;
      } catch (error) {
        return `${organisation}: ${String(error)}`;
      }
    });
    return (await Promise.all(words)).join('; ');
  }
}
