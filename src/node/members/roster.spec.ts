import { describe, expect, it } from '@jest/globals';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { organisationStateKey } from '../../protocol/governance/organisation-entry.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';
import { stateKey } from '../../protocol/state/state-key.js';
import { Roster } from './roster.js';

const { organisations, validators } = testGenesis();
const entryOf = (name: string) => ({ key: organisationStateKey(name) });

describe('Roster', () => {
  it('begins with the organisations of genesis in its order, whatever the state holds', () => {
    const roster = new Roster(organisations, ['hooli', 'acme', 'umbrella'].map(entryOf));
    const names = [0, 1, 2, 3, 4, 5].map((peer) => roster.organisationOf(peer));
    expect(names).toEqual(['acme', 'globex', 'initech', 'umbrella', 'hooli', undefined]);
    expect(['umbrella', 'hooli', 'nobody'].map((name) => roster.peerOf(name))).toEqual([3, 4, undefined]);
    expect(roster.size).toBe(5);
  });

  it('gives each organisation that a block writes an index once, and nothing else one', () => {
    const roster = new Roster(organisations);
    expect(roster.onWrites([entryOf('acme'), { key: stateKey('organisationHistory', 'hooli') }])).toBe(false);
    expect(roster.onWrites([entryOf('hooli')])).toBe(true);
    expect(roster.onWrites([entryOf('hooli')])).toBe(false);
    expect([roster.size, roster.peerOf('hooli')]).toEqual([5, 4]);
  });

  it('maps the places of a validator set to peers, and knows when one has none', () => {
    const roster = new Roster(organisations);
    const hooli = { organisation: 'hooli', ledgerKey: 'ab' as PublicKey };
    expect(() => roster.peersOf([hooli])).toThrow('hooli');
    roster.onWrites([entryOf('hooli')]);
    expect(roster.peersOf([validators[0]!, hooli, validators[2]!])).toEqual([0, 4, 2]);
  });
});
