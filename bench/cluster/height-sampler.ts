/** Watches how the nodes' durable heights grow: asks each node's status again and again, and keeps every answer. */
import type { ClusterNode } from '../../src/demo/cluster/cluster-node.js';
import type { StatusResource } from '../../src/sdk/index.js';

export interface HeightSample {
  /** Wall clock when the answer was there. */
  readonly atMs: number;
  readonly height: number;
  readonly view: number;
  readonly phase: StatusResource['phase'];
}

const ANSWER_LIMIT_MS = 2_000;

export class HeightSampler {
  private readonly samples = new Map<string, HeightSample[]>();
  private stopped = false;
  private readonly watching: Promise<unknown>;

  /** Resolution: `intervalMs` from one answer to the next question. */
  constructor(
    nodes: readonly ClusterNode[],
    private readonly intervalMs: number,
  ) {
    this.watching = Promise.all(nodes.map((node) => this.watch(node)));
  }

  /** Ascending in time; a node that does not answer has none. */
  of(organisation: string): readonly HeightSample[] {
    return this.samples.get(organisation) ?? [];
  }

  latest(organisation: string): HeightSample | undefined {
    return this.samples.get(organisation)?.at(-1);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.watching;
  }

  private async watch(node: ClusterNode): Promise<void> {
    const samples: HeightSample[] = [];
    this.samples.set(node.organisation, samples);
    while (!this.stopped) {
      try {
        const response = await node.ask('/v1/status', AbortSignal.timeout(ANSWER_LIMIT_MS));
        const { height, view, phase } = (await response.json()) as StatusResource;
        samples.push({ atMs: Date.now(), height, view, phase });
      } catch {
        // The node is down, held, or starting.
      }
      await new Promise((resolve) => setTimeout(resolve, this.intervalMs));
    }
  }
}

/** Height at a moment: that of the last sample before it; `undefined` when there is none. */
export function heightAt(samples: readonly HeightSample[], atMs: number): number | undefined {
  return samples.findLast((sample) => sample.atMs <= atMs)?.height;
}

/** When a node was first seen at `height` or above. */
export function firstSeenMs(samples: readonly HeightSample[], height: number): number | undefined {
  return samples.find((sample) => sample.height >= height)?.atMs;
}
