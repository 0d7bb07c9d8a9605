/** The end of an epoch and what outlives it: bugs of the barrier, of leaving, and of catching up across it (PBFT-EPOCH-1 to -6). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const EPOCH_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a signature of the old epoch is said with the place of the new one',
    membership: 'changing',
    seeds: 2_000,
    patches: [
      {
        file: `${PBFT}/replica.ts`,
        find: "if (request.type !== 'checkpoint' && request.epoch !== state.epoch) return;",
        replace: '',
      },
    ],
  },
  {
    name: 'a certificate of an end that only the journal has never reaches the database',
    membership: 'changing',
    seeds: 2_000,
    patches: [
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: "effects.push({ type: 'checkpointCertified', certificate });",
        replace: '',
      },
    ],
  },
  {
    name: 'an epoch goes on beyond its end',
    membership: 'changing',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/propose.ts`,
        find: 'height > lastHeight(state) || ',
        replace: '',
      },
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: 'if (height > lastHeight(state) || !isBarrierOpen(state, height)) return;',
        replace: 'if (!isBarrierOpen(state, height)) return;',
      },
    ],
  },
  {
    name: 'the next epoch begins without the certificate of the one before',
    membership: 'changing',
    seeds: 2_000,
    patches: [
      {
        file: `${PBFT}/state/epochs.ts`,
        find: 'if (height !== seats.firstHeight || seats.epoch === 0) return true;',
        replace: 'if (height !== seats.firstHeight || seats.epoch >= 0) return true;',
      },
    ],
  },
  {
    name: 'whoever leaves goes when it has committed the end',
    membership: 'changing',
    seeds: 4_000,
    patches: [
      {
        file: `${PBFT}/epoch/end-epoch.ts`,
        find: 'if (farewell === undefined || committed.height <= farewell.lastHeight) return;',
        replace: 'if (farewell === undefined || committed.height < farewell.lastHeight) return;',
      },
      {
        file: `${PBFT}/epoch/end-epoch.ts`,
        find: 'if (endAt(state, farewell.lastHeight)?.checkpoint === undefined) return;',
        replace: '',
      },
    ],
  },
  {
    name: 'whoever leaves goes with the certificate',
    membership: 'changing',
    seeds: 4_000,
    patches: [
      {
        file: `${PBFT}/epoch/end-epoch.ts`,
        find: 'if (farewell === undefined || committed.height <= farewell.lastHeight) return;',
        replace: 'if (farewell === undefined || committed.height < farewell.lastHeight) return;',
      },
    ],
  },
  {
    name: 'whoever has left countersigns no more',
    membership: 'changing',
    seeds: 100,
    patches: [
      {
        file: `${PBFT}/state/standing.ts`,
        find: 'return state.isAwake || state.seats.self === undefined;',
        replace: 'return state.isAwake && state.seats.self !== undefined;',
      },
    ],
  },
  {
    name: 'the quorum stays that of the old set',
    membership: 'changing',
    seeds: 100,
    patches: [
      {
        file: `${PBFT}/epoch/end-epoch.ts`,
        find: 'state.quorum = quorumSize(next.validators.length);',
        replace: 'quorumSize(next.validators.length);',
      },
    ],
  },
  {
    name: 'the view goes on in the next epoch',
    membership: 'changing',
    seeds: 100,
    patches: [{ file: `${PBFT}/epoch/end-epoch.ts`, find: 'state.view = 0;', replace: '' }],
  },
  {
    name: 'votes do not say of which epoch they are',
    membership: 'changing',
    seeds: 150,
    patches: [
      {
        file: 'src/protocol/encoding/vote-bytes.ts',
        find: '.u64(vote.epoch)',
        replace: '.u64(0 * vote.epoch)',
      },
    ],
  },
  {
    name: 'a missing certificate of an end is not asked for',
    membership: 'changing',
    seeds: 150,
    patches: [
      {
        file: `${PBFT}/state/epochs.ts`,
        find: '.filter(({ checkpoint }) => checkpoint === undefined)',
        replace: '.filter(({ checkpoint }) => checkpoint === undefined && ended.length < 0)',
      },
    ],
  },
  {
    name: 'a peer in an earlier epoch is shown what it cannot check',
    membership: 'changing',
    seeds: 2_000,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: 'return epoch === state.epoch\n    ? state.committed.height',
        replace: 'return epoch <= state.epoch\n    ? state.committed.height',
      },
    ],
  },
  {
    name: 'a peer in an earlier epoch is not answered',
    membership: 'changing',
    seeds: 150,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: 'if (peer === undefined || status.epoch > state.epoch) return;',
        replace: 'if (peer === undefined || status.epoch !== state.epoch) return;',
      },
    ],
  },
  {
    name: 'promises of a later epoch are forgotten in a restart',
    membership: 'changing',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: '(epochOf(record) ?? 0) > state.epoch);',
        replace: '(epochOf(record) ?? 0) > Infinity);',
      },
    ],
  },
  {
    name: 'a scheduled change is no work',
    membership: 'changing',
    seeds: 100,
    patches: [
      {
        file: `${PBFT}/normal-case/propose.ts`,
        find: 'const isDue = state.pending !== undefined;',
        replace: 'const isDue = state.pending === null;',
      },
    ],
  },
  {
    name: 'what a voter said in the old epoch is what a new one has said',
    membership: 'changing',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/epoch/end-epoch.ts`,
        find: 'state.lastWords = createLastWords(state.seats.validators.length);',
        replace: 'createLastWords(state.seats.validators.length);',
      },
    ],
  },
];
