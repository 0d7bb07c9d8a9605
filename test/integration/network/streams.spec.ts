import { afterEach, describe, expect, it } from '@jest/globals';
import {
  addressOf,
  createMember,
  startNetwork,
  until,
  type NetworkChoices,
  type RunningNetwork,
} from '../../support/network-members.js';
import { samplePeerMessages } from '../../support/peer-message-samples.js';

const members = ['acme', 'globex', 'initech', 'umbrella'].map(createMember);
const [acme, globex] = members;
const running: RunningNetwork[] = [];

async function start(choices: Partial<NetworkChoices> & Pick<NetworkChoices, 'member'>) {
  const network = await startNetwork({ members, ...choices });
  running.push(network);
  return network;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ network }) => network.close()));
});

describe('GrpcPeerNetwork', () => {
  it('carries every message both ways, unchanged and in order', async () => {
    const g = await start({ member: globex! });
    const a = await start({ member: acme!, addresses: { globex: addressOf(g) } });
    await until(() => a.network.connected().length === 1 && g.network.connected().length === 1);
    expect(a.network.connected()).toEqual([1]);
    expect(g.network.connected()).toEqual([0]);
    const samples = samplePeerMessages();
    const urgent = samples.filter(
      ({ type }) => !['transactionBatch', 'syncResponse', 'blockReply'].includes(type),
    );
    const bulk = samples.filter((message) => !urgent.includes(message));
    for (const message of samples) a.network.send('all', message);
    for (const message of samples) g.network.send(0, message);
    await until(() => a.received.length === samples.length && g.received.length === samples.length);
    for (const { received, from } of [
      { received: g.received, from: 0 },
      { received: a.received, from: 1 },
    ]) {
      expect(received.map(({ message }) => message)).toEqual([...urgent, ...bulk]);
      expect(new Set(received.map((item) => item.from))).toEqual(new Set([from]));
    }
    expect(g.observer.messages.get('in vote')).toBe(1);
    expect(a.observer.messages.get('out vote')).toBe(1);
  });

  it('connects all pairs of four', async () => {
    const networks: RunningNetwork[] = [];
    const addresses: Record<string, string> = {};
    for (const member of [...members].reverse()) {
      const network = await start({ member, addresses: { ...addresses } });
      addresses[member.organisation] = addressOf(network);
      networks.unshift(network);
    }
    await until(() => networks.every(({ network }) => network.connected().length === 3));
    expect(networks.map(({ network }) => network.connected())).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
  });
});
