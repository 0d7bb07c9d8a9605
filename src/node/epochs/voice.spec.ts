import { describe, expect, it } from '@jest/globals';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { organisationStateKey } from '../../protocol/governance/organisation-entry.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';
import { Roster } from '../members/roster.js';
import { EpochHistory } from './epoch-history.js';
import { describeVoice, voiceOf, type VoiceSources } from './voice.js';

const genesis = testGenesis({ pipelineDepth: 2 });
const { validators, parameters } = genesis;
const [oldKey, newKey] = [validators[3]!.ledgerKey, 'ab'.repeat(32) as PublicKey];
const hooli = { organisation: 'hooli', ledgerKey: newKey };
/** Epoch 1 has Hooli and not Umbrella; epoch 2 Umbrella again, with another key. */
const epochs = new EpochHistory(genesis, [
  { epoch: 1, firstHeight: 10, validators: [hooli, ...validators.slice(0, 3)], parameters },
  {
    epoch: 2,
    firstHeight: 20,
    validators: [...validators.slice(0, 3), { organisation: 'umbrella', ledgerKey: newKey }],
    parameters,
  },
]);
const roster = new Roster(genesis.organisations, [{ key: organisationStateKey('hooli') }]);

function voice(
  organisation: string,
  ledgerKey: PublicKey,
  epoch: number,
  { isLeaving = false, removedHeight }: { isLeaving?: boolean; removedHeight?: number } = {},
) {
  const sources: VoiceSources = {
    epochs,
    roster,
    organisation,
    ledgerKey,
    removedHeight: () => removedHeight,
  };
  return voiceOf(sources, { epoch, isLeaving });
}

describe('the voice of a node', () => {
  it('is that of its organisation and its key in the epoch', () => {
    expect(voice('umbrella', oldKey, 0)).toEqual({ kind: 'validator' });
    expect(voice('umbrella', oldKey, 1, { isLeaving: true })).toEqual({
      kind: 'leaving',
      lastHeight: 9,
      isReplaced: false,
    });
    expect(voice('umbrella', oldKey, 1)).toEqual({ kind: 'left', lastHeight: 9 });
    expect(voice('umbrella', oldKey, 1, { removedHeight: 10 })).toEqual({ kind: 'removed', height: 10 });
    expect(voice('umbrella', newKey, 1)).toEqual({ kind: 'promoted', firstHeight: 20 });
    expect(voice('umbrella', newKey, 2)).toEqual({ kind: 'validator' });
    expect(voice('umbrella', oldKey, 2)).toEqual({ kind: 'otherKey', named: newKey, own: oldKey });
    expect(voice('hooli', newKey, 0)).toEqual({ kind: 'promoted', firstHeight: 10 });
    expect(voice('hooli', oldKey, 2)).toEqual({ kind: 'member' });
    expect(voice('nobody', oldKey, 2)).toEqual({ kind: 'stranger' });
  });

  it.each([
    [{ kind: 'leaving', lastHeight: 9, isReplaced: false }, /after height 9, .* keep its ledger key$/],
    [{ kind: 'leaving', lastHeight: 9, isReplaced: true }, /another key votes .* start it with the new key$/],
    [{ kind: 'left', lastHeight: 9 }, /is no validator after height 9/],
    [{ kind: 'removed', height: 10 }, /is no member from height 10 on/],
    [{ kind: 'promoted', firstHeight: 20 }, /is a validator from height 20 on/],
    [{ kind: 'member' }, /waits for the members to make it a validator/],
    [{ kind: 'stranger' }, /waits for the members to admit it/],
    [{ kind: 'otherKey', named: newKey, own: oldKey }, /start it with the key that the ledger names/],
  ] as const)('is told in words: %j', (of, words) => {
    expect(describeVoice(of, 'umbrella')).toMatch(words);
  });
});
