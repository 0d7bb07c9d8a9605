import { describe, expect, it } from '@jest/globals';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import {
  encodeOrganisationEntry,
  organisationStateKey,
} from '../../protocol/governance/organisation-entry.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';
import { EpochHistory } from '../epochs/epoch-history.js';
import { Membership } from './membership.js';
import { Roster } from './roster.js';

const genesis = testGenesis({ pipelineDepth: 2 });
const { validators, parameters } = genesis;
const newKey = 'ab'.repeat(32) as PublicKey;

function entryOf(organisation: string, ledgerKey: PublicKey, address?: string, removedHeight = 0) {
  const value = encodeOrganisationEntry({ ledgerKey, address, admittedHeight: 0, removedHeight });
  return { key: organisationStateKey(organisation), value };
}

function bench() {
  const entries = validators.map(({ organisation, ledgerKey }) => entryOf(organisation, ledgerKey));
  const roster = new Roster(genesis.organisations, entries);
  const epochs = new EpochHistory(genesis);
  const membership = new Membership(epochs, roster, entries);
  const write = (...writes: readonly ReturnType<typeof entryOf>[]): boolean => {
    roster.onWrites(writes);
    return membership.onWrites(writes);
  };
  const peerOf = (organisation: string, height: number) =>
    membership.peersAt(height).find((peer) => peer.organisation === organisation);
  return { membership, epochs, write, peerOf };
}

describe('Membership', () => {
  it('tells everybody by peer, and a new organisation with what the ledger says of it', () => {
    const { membership, write, peerOf } = bench();
    expect(membership.peersAt(0)).toEqual(
      validators.map(({ organisation, ledgerKey }, peer) => {
        return { peer, organisation, ledgerKeys: [ledgerKey], address: undefined, refused: undefined };
      }),
    );
    expect(write()).toBe(false);
    expect(write(entryOf('hooli', newKey, 'hooli.example:7050'))).toBe(true);
    expect(peerOf('hooli', 3)).toEqual({
      peer: 4,
      organisation: 'hooli',
      ledgerKeys: [newKey],
      address: 'hooli.example:7050',
      refused: undefined,
    });
    expect(membership.count).toBe(5);
  });

  it('trusts the key that follows from when it is scheduled, and the one before for an epoch', () => {
    const { epochs, write, peerOf } = bench();
    const [acme, ...others] = validators;
    const rotated = [{ organisation: 'acme', ledgerKey: newKey }, ...others];
    const keys = (height: number) => peerOf('acme', height)?.ledgerKeys;
    expect(keys(6)).toEqual([acme!.ledgerKey]);
    epochs.onExecuted({ scheduled: { epoch: 1, firstHeight: 10, validators: rotated, parameters } });
    expect(keys(7)).toEqual([acme!.ledgerKey, newKey]);
    write(entryOf('acme', newKey));
    expect(keys(9)).toEqual([newKey, acme!.ledgerKey]);
    epochs.onExecuted({ scheduled: { epoch: 2, firstHeight: 20, validators: rotated, parameters } });
    expect(keys(20)).toEqual([newKey]);
  });

  it('refuses whom the members have removed, from the first height without it on, in words', () => {
    const { membership, write, peerOf } = bench();
    write(entryOf('umbrella', validators[3]!.ledgerKey, undefined, 10));
    expect(peerOf('umbrella', 9)?.refused).toBeUndefined();
    expect(peerOf('umbrella', 10)?.refused).toBe(
      'umbrella was removed from the consortium and is no member from height 10 on',
    );
    expect(membership.membersAt(10).map(({ organisation }) => organisation)).toEqual([
      'acme',
      'globex',
      'initech',
    ]);
    expect([membership.count, membership.removedHeightOf('umbrella')]).toEqual([3, 10]);
    expect(membership.removedHeightOf('acme')).toBeUndefined();
  });

  it('knows whose a key is, or was', () => {
    const { membership, write } = bench();
    const former = validators[0]!.ledgerKey;
    write(entryOf('acme', newKey));
    expect([newKey, former, 'cd'.repeat(32) as PublicKey].map((key) => membership.holderOf(key))).toEqual([
      'acme',
      'acme',
      undefined,
    ]);
  });
});
