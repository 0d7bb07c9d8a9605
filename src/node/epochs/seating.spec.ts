import { describe, expect, it } from '@jest/globals';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { organisationStateKey } from '../../protocol/governance/organisation-entry.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';
import { Roster } from '../members/roster.js';
import { Seating } from './seating.js';

const { organisations, validators, parameters } = testGenesis();
const roster = new Roster(organisations, [{ key: organisationStateKey('hooli') }]);
const otherKey = 'ab'.repeat(32) as PublicKey;
const hooli = { organisation: 'hooli', ledgerKey: otherKey };

describe('Seating', () => {
  it('finds the own place in each epoch, and the peers at all places', () => {
    const seating = new Seating({ organisation: 'initech', ledgerKey: validators[2]!.ledgerKey }, roster);
    const changed = [validators[0]!, hooli, validators[2]!];
    const terms = { epoch: 1, firstHeight: 9, validators: changed, parameters };
    expect(seating.placeIn({ validators })).toBe(2);
    expect(seating.seatsIn(terms)).toEqual({
      epoch: 1,
      firstHeight: 9,
      validators: changed,
      self: 2,
      peers: [0, 4, 2],
      clockDriftMs: parameters.clockDriftMs,
      proposalAgeMsMax: parameters.proposalAgeMsMax,
    });
    expect(seating.placeIn({ validators: [hooli] })).toBeUndefined();
  });

  it.each([
    ['another key than the ledger names', { organisation: 'acme', ledgerKey: otherKey }],
    ['no key, as an observer', { organisation: 'acme', ledgerKey: undefined }],
    ['the key of another organisation', { organisation: 'hooli', ledgerKey: validators[0]!.ledgerKey }],
  ])('gives no place to a node with %s', (_case, own) => {
    expect(new Seating(own, roster).placeIn({ validators })).toBeUndefined();
  });
});
