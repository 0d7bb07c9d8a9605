/** The order of blocks, and what is checked of them: bugs that people have really written (docs/PROTOCOL.md, known mistakes). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const ORDER_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a proposal is accepted on another parent',
    seeds: 40,
    firstPrimary: 'equivocator',
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
    seeds: 40,
    firstPrimary: 'wrongClock',
    patches: [
      {
        file: `${PBFT}/normal-case/timeliness.ts`,
        find: 'return header.timestampMs > state.wallMs + (',
        replace: 'return header.timestampMs > 10 * state.wallMs + (',
      },
    ],
  },
  {
    name: 'a block that is minutes old is voted for',
    seeds: 40,
    firstPrimary: 'wrongClock',
    patches: [
      {
        file: `${PBFT}/normal-case/timeliness.ts`,
        find: 'return header.timestampMs < arrivedAtMs - (',
        replace: 'return header.timestampMs < arrivedAtMs - 1_000 * (',
      },
    ],
  },
  {
    name: 'a block that was asked for in an earlier view is proposed all the same',
    seeds: 0,
    scenario: { file: 'late-answer.txt', line: '0 journals prepared v1 1:a' },
    patches: [
      {
        file: `${PBFT}/normal-case/propose.ts`,
        find: 'if (request?.height !== header.height || request.parentHash !== header.parentHash) return;',
        replace: 'if (request !== undefined && request.height !== header.height) return;',
      },
      {
        file: `${PBFT}/normal-case/propose.ts`,
        find: 'if (header.originView !== state.view || header.epoch !== state.epoch) return;',
        replace: '',
      },
    ],
  },
  {
    name: 'a view that begins on an older block takes back what is committed',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/view-change/enter-view.ts`,
        find: "  beginView(state, view, 'active');",
        replace:
          '  const { height, blockHash } = selected.base;\n' +
          '  if (height < state.committed.height)\n' +
          '    state.committed = { ...state.committed, height, hash: blockHash };\n' +
          '  state.executedHeight = Math.min(state.executedHeight, state.committed.height);\n' +
          "  beginView(state, view, 'active');",
      },
    ],
  },
  {
    name: 'a synced block is executed by a way of its own',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/normal-case/catch-up.ts`,
        find: 'learnCertificate(state, certificate, undefined, effects);',
        replace:
          "if (height > state.executedHeight) effects.push({ type: 'execute', block, certificate });\n" +
          '  learnCertificate(state, certificate, undefined, effects);',
      },
    ],
  },
];
