/** What is sent again, and what is fetched: bugs that people have really written (docs/PROTOCOL.md, known mistakes). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const RETRANSMISSION_MUTATIONS: readonly Mutation[] = [
  {
    name: 'nothing is sent twice',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: 'if (peer === undefined || status.epoch > state.epoch) return;',
        replace: 'if (peer !== undefined || status.epoch > state.epoch) return;',
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
    seeds: 20_000,
    scenario: { file: 'lost-lines.txt', line: '0 holds the certificate of 1' },
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
    scenario: { file: 'behind-the-window.txt', line: '3 catches up from 1 to 4 with 0' },
    patches: [
      {
        file: `${PBFT}/normal-case/catch-up.ts`,
        find: 'if (!isFollowing(state)) return;',
        replace: 'if (isFollowing(state)) return;',
      },
    ],
  },
  {
    name: 'the height that a peer claims is believed',
    seeds: 0,
    scenario: { file: 'behind-the-window.txt', line: '3 catches up from 1 to 4 with 1' },
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: '  if (status.epoch === state.epoch) noteView(state, status, peer);',
        replace:
          '  if (status.committedHeight > state.committed.height)\n' +
          '    state.proven = { height: status.committedHeight, peer: from };\n' +
          '  if (status.epoch === state.epoch) noteView(state, status, peer);',
      },
    ],
  },
  {
    name: 'a proposal of the next view is thrown away when it comes before that view',
    seeds: 0,
    scenario: { file: 'proposal-before-its-view.txt', line: '3 checks 1:a' },
    patches: [
      {
        file: `${PBFT}/view-change/leave-view.ts`,
        find: 'for (const [height, proposal] of early) state.proposals.set(height, proposal);',
        replace: 'if (early.length < 0) return;',
      },
    ],
  },
  {
    name: 'a peer that does not answer is waited for',
    seeds: 150,
    firstPrimary: 'syncLiar',
    patches: [
      {
        file: 'src/node/catch-up/block-fetcher.ts',
        find: 'clock.schedule(silenceTimeoutMs, () => {',
        replace: 'clock.schedule(1_000 * silenceTimeoutMs, () => {',
      },
    ],
  },
  {
    name: 'the certificate of a block that is fetched is not looked at',
    seeds: 100,
    firstPrimary: 'syncLiar',
    patches: [
      {
        file: 'src/node/catch-up/synced-block-check.ts',
        find: "if (!verifyQuorumCertificate(certificate, context)) return 'bad commit certificate';",
        replace: '',
      },
    ],
  },
];
