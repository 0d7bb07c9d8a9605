import { describe, expect, it } from '@jest/globals';
import type { PeerMember } from '../node/ports.js';
import { OBSERVER_PEERS_FROM, type PublicKey } from '../protocol/primitives/identifiers.js';
import { KnownMembers } from './known-members.js';

const key = (seed: number): PublicKey => seed.toString(16).padStart(64, '0') as PublicKey;

function member(organisation: string, peer: number, more: Partial<PeerMember> = {}): PeerMember {
  return { peer, organisation, ledgerKeys: [key(peer)], address: undefined, refused: undefined, ...more };
}

const acme = member('acme', 0);
const globex = member('globex', 1, { ledgerKeys: [key(1), key(11)] });
const hooli = member('hooli', 2, { refused: 'hooli left with block 9' });
const members = new KnownMembers([acme, globex, hooli]);
const validator = (organisation: string) => ({ organisation, observer: undefined });

describe('KnownMembers', () => {
  it('lets in every ledger key of a member, and its observers with it', () => {
    expect(members.refusal(validator('globex'), key(1))).toBeUndefined();
    expect(members.refusal({ organisation: 'globex', observer: 'auditor' }, key(11))).toBeUndefined();
  });

  it('has words for everybody else', () => {
    expect(members.refusal(validator('globex'), key(2))).toMatch(/^globex has another ledger key/);
    expect(members.refusal(validator('hooli'), key(2))).toBe('hooli left with block 9');
    expect(members.refusal({ organisation: 'hooli', observer: 'auditor' }, key(2))).toBe(
      'hooli left with block 9',
    );
    expect(members.refusal(validator('umbrella'), key(3))).toBe('umbrella is no member of this ledger');
  });

  it('finds by name and by index', () => {
    expect([members.find('globex'), members.at(1)]).toEqual([globex, globex]);
    expect([members.find('umbrella'), members.at(3)]).toEqual([undefined, undefined]);
  });

  it('keeps the index of an organisation when others come and go', () => {
    const next = members.replacedBy([acme, { ...hooli, refused: undefined }, member('umbrella', 3)]);
    expect(next.find('globex')).toBeUndefined();
    expect(next.refusal(validator('hooli'), key(2))).toBeUndefined();
    expect(() => members.replacedBy([member('acme', 3)])).toThrow('acme is not peer 3: acme is 0');
    expect(() => members.replacedBy([member('umbrella', 0)])).toThrow('umbrella is not peer 0: acme is 0');
  });

  it('takes no name and no index twice, and none of an observer', () => {
    expect(() => new KnownMembers([acme, member('acme', 1)])).toThrow('of their own');
    expect(() => new KnownMembers([acme, member('globex', 0)])).toThrow('of their own');
    expect(() => new KnownMembers([member('acme', OBSERVER_PEERS_FROM)])).toThrow('below those of observers');
  });
});
