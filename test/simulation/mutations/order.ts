/** The order of blocks, and what is checked of them: bugs that people have really written (consensus.md 2). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const ORDER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a proposal is accepted on another parent',
    seeds: 400,
    patches: [
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: 'proposal?.block.header.parentHash !== parent.hash ||',
        replace: 'proposal === undefined ||',
      },
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: 'if (block?.header.parentHash !== parent.hash || state.refused',
        replace: 'if (block === undefined || state.refused',
      },
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: 'block.header.height === parent.height + 1 && block.header.parentHash === parent.hash',
        replace: 'block.header.height === parent.height + 1',
      },
    ],
  },
  {
    name: 'commits are not held at executed + L',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/commit.ts`,
        find: 'if (height > heightLimit(state)) break;',
        replace: '',
      },
    ],
  },
  {
    name: 'transactions in flight are not looked at',
    seeds: 6_000,
    scenario: { file: 'commit-below-a-newer-tip.txt', line: '3 checks 2:b while 1:a is in flight' },
    patches: [
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: 'ancestors: blocksInFlight(state)',
        replace: 'ancestors: blocksInFlight(state).slice(0, 0)',
      },
    ],
  },
  {
    name: 'a block from the future is not held back',
    seeds: 400,
    patches: [
      {
        file: `${PBFT}/normal-case/timeliness.ts`,
        find: 'return header.timestampMs > state.wallMs + state.config.clockDriftMs;',
        replace: 'return header.timestampMs > 10 * state.wallMs + state.config.clockDriftMs;',
      },
    ],
  },
];
