/** Votes, quorums and certificates: bugs that people have really written (docs/PROTOCOL.md, known mistakes). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const VOTE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a quorum is 2f',
    seeds: 40,
    patches: [
      {
        file: 'src/protocol/primitives/quorum.ts',
        find: 'return Math.floor((2 * validatorCount + 2) / 3);',
        replace: 'return 2 * faultsMax(validatorCount);',
      },
    ],
  },
  {
    name: 'a quorum is 2f + 1 whatever n is',
    seeds: 150,
    patches: [
      {
        file: 'src/protocol/primitives/quorum.ts',
        find: 'return Math.floor((2 * validatorCount + 2) / 3);',
        replace: 'return 2 * faultsMax(validatorCount) + 1;',
      },
    ],
  },
  {
    name: 'the proposal counts as a PREPARE beside the one of the primary',
    seeds: 40,
    patches: [
      {
        file: `${PBFT}/normal-case/prepare.ts`,
        find: 'const certificate = state.votes.certificate(subject, state.quorum);',
        replace: 'const certificate = state.votes.certificate(subject, state.quorum - 1);',
      },
    ],
  },
  {
    name: 'a signer counts as often as it votes',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/vote-pool.ts`,
        find: 'if (ofSigner.some((held) => held.view === vote.view)) return false;',
        replace: '',
      },
      {
        file: `${PBFT}/normal-case/prepare.ts`,
        find: 'if (held !== undefined) {',
        replace: 'if (held !== undefined && held.blockHash !== blockHash) {',
      },
      {
        file: `${PBFT}/normal-case/wants.ts`,
        find: 'if (held !== undefined)\n    return held.blockHash !== blockHash && isNewConflict(state, signer, kind, { view, height });',
        replace: '',
      },
    ],
  },
  {
    name: 'a signer counts as often as it stands in a certificate',
    seeds: 150,
    patches: [
      {
        file: `${PBFT}/certificate.ts`,
        find: 'if (signer <= previous || signer >= validators.length) return false;',
        replace: 'if (signer < previous || signer >= validators.length) return false;',
      },
    ],
  },
  {
    name: 'votes for different blocks count together',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/normal-case/vote-pool.ts`,
        find: 'vote.epoch === epoch && vote.view === view && vote.blockHash === blockHash',
        replace: 'vote.epoch === epoch && vote.view === view',
      },
    ],
  },
  {
    name: 'votes of different views count together',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/vote-pool.ts`,
        find: 'vote.epoch === epoch && vote.view === view && vote.blockHash === blockHash',
        replace: 'vote.epoch === epoch && vote.blockHash === blockHash',
      },
    ],
  },
  {
    name: 'a quorum of PREPAREs is asked for beside the one of the primary',
    seeds: 40,
    scenario: { file: 'node-down.txt', line: '2 journals locked v0 1:a' },
    patches: [
      {
        file: `${PBFT}/normal-case/prepare.ts`,
        find: 'const certificate = state.votes.certificate(subject, state.quorum);',
        replace: 'const certificate = state.votes.certificate(subject, state.quorum + 1);',
      },
    ],
  },
  {
    name: 'an own vote counts when a peer sends it back',
    seeds: 0,
    scenario: { file: 'reflected-messages.txt', line: '3 → 1 PREPARE v0 2:b by 1: unwanted' },
    patches: [
      {
        file: `${PBFT}/normal-case/wants.ts`,
        find: 'if (epoch !== state.epoch || signer === state.seats.self || !isInWindow(state, height)) return false;',
        replace: 'if (epoch !== state.epoch || !isInWindow(state, height)) return false;',
      },
    ],
  },
  {
    name: 'a suspicion that was taken back counts again, whoever sends it',
    seeds: 0,
    scenario: { file: 'reflected-messages.txt', line: '3 → 2 SUSPECT v0 by 2: unwanted' },
    patches: [
      {
        file: `${PBFT}/normal-case/wants.ts`,
        find: 'if (epoch !== state.epoch || view < state.view || signer !== seat) return false;',
        replace: 'if (epoch !== state.epoch || view < state.view) return false;',
      },
    ],
  },
];
