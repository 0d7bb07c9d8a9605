/** What is sent again, and what is fetched: bugs that people have really written (consensus.md 2). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const RETRANSMISSION_MUTATIONS: readonly Mutation[] = [
  {
    name: 'nothing is sent twice',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: 'if (peer === undefined || status.epoch !== state.epoch) return;',
        replace: 'if (peer !== undefined || status.epoch !== state.epoch) return;',
      },
    ],
  },
  {
    name: 'the proof of a view is sent once',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: '    ...missingView(state, status, peer),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'checkpoint signatures are not sent again',
    seeds: 150,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: '    ...missingCheckpoint(state, status),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a suspicion is said once',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/status.ts`,
        find: 'if (isPeriodic) repeatSuspicion(state, effects);',
        replace: '',
      },
    ],
  },
  {
    name: 'a proven head beyond the window is not fetched',
    seeds: 400,
    patches: [
      {
        file: `${PBFT}/normal-case/catch-up.ts`,
        find: 'if (!isFollowing(state)) return;',
        replace: 'if (isFollowing(state)) return;',
      },
    ],
  },
];
