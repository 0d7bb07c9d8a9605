import { beforeAll, describe, expect, it } from '@jest/globals';
import { MESSAGE_FIELD } from '../../src/network/message-mapping/message-limits.js';
import { verifyMessage } from '../../src/protocol/pbft/verify-message.js';
import { isOneFaulty, JOURNAL_TYPES, runRound } from './fuzz-round.js';
import { addOutcomes, findUnreached, noOutcomes, type OutcomeCounts } from './outcomes.js';
import { record, RECORDING_NAMES, type Recording } from './recording.js';

/** A round has about 10,000 cases; `npm run fuzz` goes on from here. */
const ROUNDS = 9;
const SEED = 1;
const OTHERS = ['hello', 'syncRequest', 'syncResponse', 'transactionBatch'];
const consensusTypes = Object.keys(MESSAGE_FIELD).filter((type) => !OTHERS.includes(type));

const recordings: Recording[] = [];
const rounds: OutcomeCounts[] = [];
const total = noOutcomes();

beforeAll(async () => {
  for (const name of RECORDING_NAMES) recordings.push(await record(name));
});

describe('a recording', () => {
  it('has messages of every type, each of which passes the checks under its real signatures', () => {
    for (const { consortium, events } of recordings) {
      const heard = events.flatMap((event) =>
        event.type === 'input' && event.input.type === 'message' ? [event.input] : [],
      );
      expect([...new Set(heard.map(({ message }) => message.type))].sort()).toEqual(
        [...consensusTypes].sort(),
      );
      const seen = new Map<string, number>();
      for (const { from, message } of heard) {
        const count = (seen.get(message.type) ?? 0) + 1;
        seen.set(message.type, count);
        // Of the frequent ones some will do.
        if (count <= 25)
          expect([message.type, verifyMessage(message, from, consortium.context).ok]).toEqual([
            message.type,
            true,
          ]);
      }
    }
  });
});

describe('mutated messages and records', () => {
  it('make nothing throw, grow, forget or contradict itself', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const counts = runRound(recordings, SEED, round);
      rounds.push(counts);
      addOutcomes(total, counts);
    }
    expect(total.cases).toBeGreaterThan(9_000 * ROUNDS);
  });

  it('are taken and refused, of every type of message and of record', () => {
    const types = [...Object.keys(MESSAGE_FIELD), ...JOURNAL_TYPES.map((type) => `record ${type}`)];
    expect(findUnreached(total, types)).toEqual([]);
  });

  it('do not keep a replica from committing what the others agree on', () => {
    for (const [round, { heights }] of rounds.entries()) {
      if (!isOneFaulty(round)) continue;
      const { chain } = recordings[Math.floor(round / 3)]!;
      expect(heights).toBeGreaterThan(chain.size / 2);
    }
  });

  it('are the same for the same seed, and others for another', () => {
    const again = runRound(recordings, SEED, 0);
    expect(again).toEqual(rounds[0]);
    expect(runRound(recordings, SEED + 1, 0).outcomes).not.toEqual(again.outcomes);
  });
});
