/** The consortium that is measured: four organisations in a temporary folder, and what a suite asks of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cluster } from '../../src/demo/cluster/cluster.js';
import type { ClusterNode } from '../../src/demo/cluster/cluster-node.js';
import type { NodeSettings } from '../../src/demo/cluster/node-configuration.js';
import { removePostgres } from '../../src/demo/postgres/embedded-postgres.js';
import type { BlockResource, Page } from '../../src/sdk/index.js';
import type { LoadTarget } from '../load/load-plan.js';

const ORGANISATIONS = ['acme', 'globex', 'initech', 'umbrella'];
const DRAIN_LIMIT_MS = 120_000;
const PAGE_BLOCKS = 200;

export interface BenchClusterOptions {
  /** Compiled program of the nodes. */
  readonly mainFile: string;
  readonly settings?: NodeSettings;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Starts the consortium, and removes it with everything that it wrote when `use` has settled. */
export async function withBenchCluster<Value>(
  { mainFile, settings }: BenchClusterOptions,
  use: (cluster: Cluster) => Promise<Value>,
): Promise<Value> {
  const directory = mkdtempSync(path.join(tmpdir(), 'countersign-bench-'));
  const cluster = await Cluster.start({
    directory,
    organisations: ORGANISATIONS,
    consortium: 'bench',
    ports: 'free',
    mainFile,
    settings: { log: { level: 'warn' }, ...settings },
    onStep: say,
  });
  try {
    return await use(cluster);
  } finally {
    await cluster.stop();
    for (const node of cluster.nodes) await removePostgres(node.place.postgresFolder);
    rmSync(directory, { recursive: true, force: true });
  }
}

export function loadTarget({ organisation, restUrl, place }: ClusterNode): LoadTarget {
  return { organisation, url: restUrl, keysFolder: place.keysFolder };
}

/** Height of all nodes once they are equal and nothing waits; `undefined` when that does not come in time. */
export async function drain(cluster: Cluster): Promise<number | undefined> {
  const deadline = Date.now() + DRAIN_LIMIT_MS;
  while (Date.now() < deadline) {
    const statuses = await Promise.all(cluster.nodes.map((node) => node.client.status()));
    const heights = new Set(statuses.map(({ height }) => height));
    if (heights.size === 1 && statuses.every(({ mempool }) => mempool.transactions === 0))
      return statuses[0]?.height;
    await pause(100);
  }
  return undefined;
}

/** The blocks above `height` in descending order, as `node` holds them. */
export async function blocksAbove(node: ClusterNode, height: number): Promise<readonly BlockResource[]> {
  const blocks: BlockResource[] = [];
  let cursor = '';
  for (;;) {
    const query = `order=descending&limit=${PAGE_BLOCKS}${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const response = await node.ask(`/v1/blocks?${query}`);
    const page = (await response.json()) as Page<BlockResource>;
    const above = page.items.filter((block) => block.height > height);
    blocks.push(...above);
    if (page.nextCursor === undefined || above.length < page.items.length) return blocks;
    cursor = encodeURIComponent(page.nextCursor);
  }
}

/** Whether all nodes hold the same block of that height and gave it the same result. */
export async function agreeAt(cluster: Cluster, height: number): Promise<boolean> {
  const heads = await Promise.all(cluster.nodes.map((node) => node.client.block(height)));
  return (
    heads.every((head) => head !== undefined) &&
    new Set(heads.map((head) => `${head.hash} ${head.result.stateRoot}`)).size === 1
  );
}
