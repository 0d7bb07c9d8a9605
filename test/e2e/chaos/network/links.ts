/**
 * Every connection of a cluster's nodes through a proxy: one between each two organisations, of which the one whose name
 * sorts first dials, and one from each organisation to its database.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Detours } from '../../../../src/demo/cluster/cluster.js';
import { TcpProxy, type Direction } from './tcp-proxy.js';

export class Links {
  private readonly peers = new Map<string, TcpProxy>();
  private readonly databases = new Map<string, TcpProxy>();

  /** For the cluster: where each node finds the others and its database. */
  readonly detours: Detours = {
    peerPort: async (from, to, port) => (from < to ? this.open(this.peers, `${from} ${to}`, port) : port),
    databasePort: (organisation, port) => this.open(this.databases, organisation, port),
  };

  database(organisation: string): TcpProxy {
    return this.databases.get(organisation)!;
  }

  /** The link of two organisations, whoever dials. */
  between(one: string, other: string): TcpProxy {
    return this.peers.get([one, other].sort().join(' '))!;
  }

  /** The links that lead out of a group. */
  around(group: readonly string[]): readonly TcpProxy[] {
    const leadsOut = (pair: string): boolean =>
      pair.split(' ').filter((organisation) => group.includes(organisation)).length === 1;
    return [...this.peers].filter(([pair]) => leadsOut(pair)).map(([, link]) => link);
  }

  /** Nothing of what `from` says arrives at the others; it hears them. */
  mute(from: string): void {
    for (const [pair, link] of this.peers) {
      const [dialler, dialled] = pair.split(' ');
      if (dialler === from) link.hold('toServer');
      if (dialled === from) link.hold('toClient');
    }
  }

  /** Nothing comes through in either direction, and nobody is told. */
  hold(links: readonly TcpProxy[]): void {
    const both: readonly Direction[] = ['toServer', 'toClient'];
    for (const link of links) link.hold(...both);
  }

  cut(links: readonly TcpProxy[]): void {
    for (const link of links) link.cut();
  }

  delay(delayMs: number): void {
    for (const link of this.peers.values()) link.delay(delayMs);
  }

  /** Cut and back again, so many times. */
  async flap(links: readonly TcpProxy[], times: number, cutMs: number, passMs: number): Promise<void> {
    for (let round = 0; round < times; round++) {
      this.cut(links);
      await pause(cutMs);
      for (const link of links) link.pass();
      await pause(passMs);
    }
  }

  heal(): void {
    for (const link of [...this.peers.values(), ...this.databases.values()]) link.pass();
  }

  async close(): Promise<void> {
    await Promise.all([...this.peers.values(), ...this.databases.values()].map((link) => link.close()));
  }

  private async open(links: Map<string, TcpProxy>, name: string, port: number): Promise<number> {
    const link = await TcpProxy.start(port);
    links.set(name, link);
    return link.port;
  }
}
