import { afterEach, describe, expect, it } from '@jest/globals';
import type { PeerMember, Signer } from '../../../src/node/ports.js';
import type { BlockHash } from '../../../src/protocol/primitives/identifiers.js';
import { invariant } from '../../../src/protocol/primitives/invariant.js';
import { sampleBlock } from '../../support/journal-samples.js';
import {
  addressOf,
  createMember,
  limitsOf,
  peerMembersOf,
  startNetwork,
  until,
  type Member,
  type NetworkChoices,
  type RunningNetwork,
} from '../../support/network-members.js';

const founders = ['acme', 'globex', 'initech', 'umbrella'].map(createMember);
const [acme, globex, initech] = founders as [Member, Member, Member];
const hooli = createMember('hooli');
const all = [...founders, hooli];
const HOOLI = 4;
const HASH = 'ab'.repeat(32) as BlockHash;
const LEFT = 'hooli left this consortium with block 812: ask its members to admit it again';
const running: RunningNetwork[] = [];

async function start(choices: Partial<NetworkChoices> & Pick<NetworkChoices, 'member'>) {
  const network = await startNetwork({ members: founders, ...choices });
  running.push(network);
  return network;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ network }) => network.close()));
});

const logOf = ({ observer }: RunningNetwork) => observer.logged.map(({ text }) => text).join('\n');
const timesLogged = ({ observer }: RunningNetwork, part: string): number =>
  observer.logged.filter(({ text }) => text.includes(part)).length;
const isUp = (one: RunningNetwork, peer: number): boolean => one.network.connected().includes(peer);

/** The founders, connected; each knows where those after it listen. */
async function startFounders(choices: Partial<NetworkChoices> = {}) {
  const networks: RunningNetwork[] = [];
  const addresses: Record<string, string> = {};
  for (const member of founders.toReversed()) {
    const network = await start({ member, ...choices, addresses: { ...addresses, ...choices.addresses } });
    addresses[member.organisation] = addressOf(network);
    networks.unshift(network);
  }
  await until(() => networks.every(({ network }) => network.connected().length === 3));
  return { networks, addresses };
}

function changed(
  organisation: string,
  change: Partial<PeerMember>,
  members: readonly Member[] = all,
): readonly PeerMember[] {
  return peerMembersOf(members).map((member) =>
    member.organisation === organisation ? { ...member, ...change } : member,
  );
}

const tell = (one: RunningNetwork, members: readonly PeerMember[]): void => {
  one.network.setMembers(members, limitsOf(members.length));
};

describe('an organisation that joins', () => {
  it('is refused in words until the others know it, and then has streams with all of them', async () => {
    const { networks, addresses } = await startFounders();
    const fifth = await start({ member: hooli, addresses });
    // Initech and Umbrella sort after it, so it dials them; they do not trust its ledger key yet.
    await until(() => timesLogged(fifth, 'lets in nobody who is no member of its ledger') === 2);
    expect(fifth.network.connected()).toEqual([]);
    for (const one of networks) tell(one, changed('hooli', { address: addressOf(fifth) }));
    await until(() => networks.every((one) => isUp(one, HOOLI)));
    await until(() => fifth.network.connected().length === 4);
    expect(networks.map(({ network }) => network.connected())).toEqual([
      [1, 2, 3, HOOLI],
      [0, 2, 3, HOOLI],
      [0, 1, 3, HOOLI],
      [0, 1, 2, HOOLI],
    ]);
    // The streams of the others stood all the time.
    for (const [index, { connections }] of networks.entries()) {
      const before = [0, 1, 2, 3].filter((other) => other !== index).map((other) => `+${other}`);
      expect(connections.toSorted()).toEqual([...before, `+${HOOLI}`]);
    }
    for (const one of networks) one.network.send(HOOLI, { type: 'fetchBlock', blockHash: HASH });
    await until(() => fifth.received.length === 4);
    expect(fifth.received.map(({ from }) => from).toSorted()).toEqual([0, 1, 2, 3]);
  });

  it('knows its members before it starts, when it was told', async () => {
    const i = await start({ member: initech, known: peerMembersOf(all) });
    const fifth = await start({ member: hooli, known: [], configured: {} });
    expect(fifth.network.connected()).toEqual([]);
    tell(fifth, changed('initech', { address: addressOf(i) }));
    await until(() => isUp(fifth, 2) && isUp(i, HOOLI));
  });

  it('is refused with the words that the others have for it', async () => {
    const refused = 'hooli is admitted, and takes part from block 40 on: wait';
    const i = await start({ member: initech, known: changed('hooli', { refused }) });
    const fifth = await start({ member: hooli, addresses: { initech: addressOf(i) } });
    await until(() => logOf(fifth).includes(refused));
    expect(logOf(fifth)).toContain('PERMISSION_DENIED');
    tell(i, peerMembersOf(all));
    await until(() => isUp(fifth, 2));
    expect(timesLogged(fifth, refused)).toBe(1);
  });
});

describe('an organisation that leaves', () => {
  it('loses its stream, is refused with the words, and has them in its log once', async () => {
    const known = peerMembersOf(all);
    const i = await start({ member: initech, known });
    const a = await start({ member: acme, known, addresses: { initech: addressOf(i) } });
    const fifth = await start({ member: hooli, known, addresses: { initech: addressOf(i) } });
    await until(() => isUp(i, HOOLI) && isUp(i, 0) && isUp(a, 2));
    tell(i, changed('hooli', { refused: LEFT }));
    await until(() => fifth.connections.includes('-2'));
    expect(i.network.connected()).toEqual([0]);
    const refusal = 'no stream to a peer yet; trying again';
    await until(() =>
      fifth.observer.logged.some(({ message, text }) => message === refusal && text.includes(LEFT)),
    );
    expect(i.connections).toEqual(expect.arrayContaining(['+0', `+${HOOLI}`, `-${HOOLI}`]));
    expect(i.connections).toHaveLength(3);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(
      fifth.observer.logged.filter(({ message, text }) => message === refusal && text.includes('initech')),
    ).toHaveLength(1);
    expect(a.connections).toEqual(['+2']);
    expect(i.observer.refused).toEqual([]);
    // Admitted again, it comes by itself.
    tell(i, peerMembersOf(all));
    await until(() => isUp(fifth, 2));
  });

  it('is dialled no more', async () => {
    const known = peerMembersOf(all);
    const fifth = await start({ member: hooli, known });
    const a = await start({ member: acme, known, addresses: { hooli: addressOf(fifth) } });
    await until(() => isUp(a, HOOLI));
    tell(a, changed('hooli', { refused: LEFT }));
    await until(() => fifth.connections.includes('-0'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([a.connections, fifth.connections]).toEqual([
      [`+${HOOLI}`, `-${HOOLI}`],
      ['+0', '-0'],
    ]);
    expect(timesLogged(a, 'no stream to a peer yet; trying again {"peer":"hooli"')).toBe(0);
  });

  it('that nobody names at all is not let in either', async () => {
    const known = peerMembersOf(all);
    const i = await start({ member: initech, known });
    const fifth = await start({ member: hooli, known, addresses: { initech: addressOf(i) } });
    await until(() => isUp(i, HOOLI));
    tell(i, peerMembersOf(founders));
    await until(() => i.network.connected().length === 0);
    await until(() => logOf(fifth).includes('hooli is no member of this ledger'));
    await until(() => logOf(fifth).includes('lets in nobody who is no member of its ledger'));
  });
});

describe('a ledger key that is replaced', () => {
  const next = createMember('acme');
  const keys = (...ledgerKeys: readonly Member[]) =>
    changed('acme', { ledgerKeys: ledgerKeys.map(({ signer }) => signer.publicKey) }, founders);

  it('is trusted beside the next one, and no more after it', async () => {
    let signer: Signer = acme.signer;
    const role = { kind: 'member', signer: () => signer, listen: { host: '127.0.0.1', port: 0 } } as const;
    const g = await start({ member: globex });
    const a = await start({ member: acme, role, addresses: { globex: addressOf(g) } });
    await until(() => isUp(a, 1) && isUp(g, 0));
    tell(g, keys(acme, next));
    // The old leaf's stream stands, and so does a new one of it.
    a.network.disconnect(1, 'a new connection with the old key');
    await until(() => g.connections.length === 3 && isUp(a, 1));
    signer = next.signer;
    await a.network.renewCertificate();
    expect(g.connections).toEqual(['+0', '-0', '+0']);
    tell(g, keys(next));
    await until(() => g.connections.length === 5 && isUp(a, 1));
    expect(g.connections).toEqual(['+0', '-0', '+0', '-0', '+0']);
    expect(logOf(a)).toContain('has another ledger key on this ledger by now');
  });

  it('lets nobody in with it afterwards', async () => {
    const g = await start({ member: globex });
    const a = await start({ member: acme, addresses: { globex: addressOf(g) } });
    await until(() => isUp(g, 0));
    tell(g, keys(next));
    await until(() => g.connections.includes('-0'));
    await until(() => logOf(a).includes('lets in nobody who is no member of its ledger'));
    expect(g.connections).toEqual(['+0', '-0']);
  });

  it('ends the stream of whoever dials, too', async () => {
    let signer: Signer = globex.signer;
    const other = createMember('globex');
    const role = { kind: 'member', signer: () => signer, listen: { host: '127.0.0.1', port: 0 } } as const;
    const g = await start({ member: globex, role });
    const a = await start({ member: acme, addresses: { globex: addressOf(g) } });
    await until(() => isUp(a, 1));
    const known = changed('globex', { ledgerKeys: [other.signer.publicKey] }, founders);
    tell(a, known);
    expect(a.network.connected()).toEqual([]);
    await until(() => logOf(a).includes('no stream to a peer yet'));
    expect(a.network.connected()).toEqual([]);
    signer = other.signer;
    await g.network.renewCertificate();
    await until(() => isUp(a, 1));
  });
});

describe('where members are', () => {
  it('is what the configuration says, and what the ledger says where that is silent', async () => {
    const g = await start({ member: globex });
    const i = await start({ member: initech });
    const known = peerMembersOf(founders).map((member) => ({ ...member, address: addressOf(i) }));
    const a = await start({ member: acme, known, configured: { globex: addressOf(g) } });
    await until(() => isUp(a, 1) && isUp(a, 2));
  });

  it('may change; a stream that stands is left alone', async () => {
    const first = await start({ member: globex });
    const a = await start({
      member: acme,
      known: changed('globex', { address: addressOf(first) }, founders),
      configured: {},
    });
    await until(() => isUp(a, 1));
    const second = await start({ member: globex });
    tell(a, changed('globex', { address: addressOf(second) }, founders));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(a.connections).toEqual(['+1']);
    await first.network.close();
    await until(() => isUp(second, 0));
  });

  it('is asked for once, with the fix, and told later', async () => {
    const g = await start({ member: globex });
    const a = await start({ member: acme, configured: {} });
    tell(a, peerMembersOf(founders));
    for (const name of ['globex', 'initech', 'umbrella'])
      expect(timesLogged(a, `add \\"${name}: host:port\\" to peer.addresses`)).toBe(1);
    tell(a, changed('globex', { address: addressOf(g) }, founders));
    await until(() => isUp(a, 1));
  });
});

describe('certificates that expired while all nodes were down', () => {
  it('keep nobody apart: whoever starts issues itself a new one, under the key that the ledger names by now', async () => {
    const tuning = { leafLifetimeMs: 1_000 };
    const next = createMember('globex');
    const a = await start({ member: acme, tuning });
    const g = await start({ member: globex, tuning });
    const expiresMs = Math.max(a.network.certificateExpiresMs, g.network.certificateExpiresMs);
    await Promise.all(running.splice(0).map(({ network }) => network.close()));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, expiresMs - Date.now()) + 50));
    const known = changed('globex', { ledgerKeys: [next.signer.publicKey] }, founders);
    const late = await start({ member: next, known });
    const again = await start({ member: acme, known, addresses: { globex: addressOf(late) } });
    await until(() => isUp(again, 1) && isUp(late, 0));
  });
});

describe('limits that grow', () => {
  it('let longer messages through on streams and listeners that began with less', async () => {
    const small = limitsOf(4, { blockBytesMax: 1_024, transactionBytesMax: 1_024 });
    const grown = limitsOf(4, { blockBytesMax: 16_777_216, blockTransactionsMax: 10_000 });
    const g = await start({ member: globex, limits: small });
    const a = await start({ member: acme, limits: small, addresses: { globex: addressOf(g) } });
    await until(() => isUp(a, 1) && isUp(g, 0));
    const body = new Uint8Array(15_000_000);
    const block = { ...sampleBlock(3), body };
    a.network.send(1, { type: 'blockReply', block });
    await until(() => g.connections.includes('-0'));
    expect(g.received).toEqual([]);
    for (const one of [a, g]) one.network.setMembers(peerMembersOf(founders), grown);
    await until(() => isUp(a, 1) && isUp(g, 0));
    for (const one of [a, g]) {
      // Told of less, as after the end of an epoch, it still takes what it has taken.
      one.network.setMembers(peerMembersOf(founders), small);
      const from = one === a ? g : a;
      // A stream that began before may end over the first of them.
      await until(() => {
        if (one.received.length === 0 && from.network.queuedBytes === 0)
          from.network.send('all', { type: 'blockReply', block });
        return one.received.length > 0;
      });
      const [heard] = one.received;
      invariant(heard?.message.type === 'blockReply', 'nothing else was sent');
      expect(Buffer.compare(heard.message.block.body, body)).toBe(0);
    }
  });
});
