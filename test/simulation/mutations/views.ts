/** Leaving and entering views, and patience: bugs that people have really written (docs/PROTOCOL.md, known mistakes). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const VIEW_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a replica leaves its view alone',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/view-change/suspicion.ts`,
        find: 'const timeout = suspects.certificate(state.epoch, view, state.quorum, sinceMs);',
        replace: 'const timeout = suspects.certificate(state.epoch, view, 1, sinceMs);',
      },
    ],
  },
  {
    name: 'a view is joined when f + 1 others have changed to it, and no proof is passed on',
    seeds: 2_000,
    scenario: { file: 'proof-travels.txt', line: '2 journals leaving for v1: base genesis, tips -' },
    patches: [
      {
        file: `${PBFT}/view-change/leave-view.ts`,
        find: '  leaveView(state, timeout, effects);\n  if (change.view < state.view',
        replace:
          '  const joined = [...state.viewState.changes.values()].filter(({ view }) => view >= change.view).length;\n' +
          '  if (joined + 1 >= state.weakQuorum) leaveView(state, timeout, effects);\n  if (change.view < state.view',
      },
      {
        file: `${PBFT}/view-change/leave-view.ts`,
        find: "if (state.phase === 'active' && change.view === state.view) return;",
        replace: '',
      },
    ],
  },
  {
    name: 'suspicions of f + 1 others are not joined',
    seeds: 400,
    scenario: { file: 'suspicion-is-joined.txt', line: '3 signs suspect v0' },
    patches: [
      {
        file: `${PBFT}/view-change/suspicion.ts`,
        find: "if (suspects.signers(view, sinceMs).length >= state.weakQuorum) suspect(state, view, 'followed', effects);",
        replace: '',
      },
    ],
  },
  {
    name: 'a commit that is learnt while changing leads back into the view that was left',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/view-change/rotation.ts`,
        find: 'state.patience.deadlineMs = undefined;',
        replace:
          "state.patience.deadlineMs = undefined;\n  if (state.phase === 'changing') {\n    state.view -= 1;\n    state.phase = 'active';\n  }",
      },
    ],
  },
  {
    name: 'a view is voted in before it has begun',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/state/standing.ts`,
        find: "return state.phase === 'active' && maySpeak(state);",
        replace: 'return maySpeak(state);',
      },
    ],
  },
  {
    name: 'a view change tells of no tips',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/view-change/leave-view.ts`,
        find: 'if (blocks !== undefined)',
        replace: 'if (blocks !== undefined && state.epoch > 0)',
      },
    ],
  },
  {
    name: 'what a new primary says about the others is believed',
    seeds: 400,
    scenario: { file: 'primary-omits-tips.txt', line: '1 → 2 NEW-VIEW v1 from 1,2,3: refused' },
    patches: [
      {
        file: `${PBFT}/view-change/verify-view-change.ts`,
        find: '    const problem = changeProblem(change, context);\n    if (problem',
        replace:
          '    const problem = change.view < 0 ? changeProblem(change, context) : undefined;\n    if (problem',
      },
    ],
  },
  {
    name: 'a new view goes on with the one highest tip',
    seeds: 20_000,
    mode: 'rounds',
    scenario: { file: 'commit-below-a-newer-tip.txt', line: '2 asks for block 2 on 1:a' },
    patches: [
      {
        file: `${PBFT}/view-change/select-chain.ts`,
        find: 'for (const tip of tips) {',
        replace: 'for (const tip of tips.slice(0, 1)) {',
      },
    ],
  },
  {
    name: 'a new view begins with fresh blocks',
    seeds: 60,
    patches: [
      {
        file: `${PBFT}/view-change/enter-view.ts`,
        find: 'viewState.chainTop = base.height + chain.length;',
        replace: 'viewState.chainTop = base.height;',
      },
    ],
  },
  {
    name: 'an old NEWVIEW that arrives late is taken for a contradiction',
    seeds: 20_000,
    scenario: { file: 'late-new-view.txt', line: '0 halts: CONFLICTING_NEW_VIEW' },
    patches: [
      {
        file: `${PBFT}/view-change/enter-view.ts`,
        find: 'committed.certificate.epoch < state.epoch || committed.certificate.view < view;',
        replace: 'view > 0;',
      },
    ],
  },
  {
    name: 'a replica that changes its view waits for ever',
    seeds: 40,
    patches: [
      {
        file: `${PBFT}/view-change/patience.ts`,
        find: "if (state.phase === 'changing') return true;",
        replace: "if (state.phase === 'changing') return false;",
      },
    ],
  },
  {
    name: 'patience does not grow',
    seeds: 2_000,
    scenario: { file: 'patience-grows.txt', line: '0 signs suspect v1' },
    patches: [
      {
        file: `${PBFT}/view-change/patience.ts`,
        find: 'Math.min(first * 2 ** state.patience.expiries, most)',
        replace: 'Math.min(first, most)',
      },
    ],
  },
  {
    name: 'silence is waited for as long however often it was in vain',
    seeds: 0,
    scenario: { file: 'silence-grows.txt', line: '3 signs suspect v2' },
    patches: [
      {
        file: `${PBFT}/view-change/patience.ts`,
        find: 'Math.min(first * 2 ** tooMany, Math.max(first, progressTimeoutMsMax))',
        replace: 'first',
      },
    ],
  },
  {
    name: 'what was suspected once is suspected for ever',
    seeds: 0,
    scenario: { file: 'complaints-do-not-add-up.txt', line: '3 signs suspect v0' },
    patches: [
      {
        file: `${PBFT}/view-change/suspicion.ts`,
        find: 'return state.nowMs - LOST_REPETITIONS_MAX * state.config.statusIntervalMs;',
        replace: 'return Math.min(0, state.nowMs - LOST_REPETITIONS_MAX * state.config.statusIntervalMs);',
      },
    ],
  },
  {
    name: 'patience shrinks',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/view-change/patience.ts`,
        find: 'Math.min(first * 2 ** state.patience.expiries, most)',
        replace: 'Math.min(first / 2 ** state.patience.expiries, most)',
      },
    ],
  },
  {
    name: 'what was prepared once is never given up',
    seeds: 400,
    scenario: { file: 'locked-on-different-blocks.txt', line: '0 journals prepared v2 1:b' },
    patches: [
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: '  state.checking = { height, blockHash: block.hash };',
        replace:
          '  const { hash } = block;\n' +
          '  if (state.tips.some((tip) => tip.height === height && tip.blockHash !== hash)) return;\n' +
          '  state.checking = { height, blockHash: block.hash };',
      },
    ],
  },
  {
    name: 'the next primary inherits what is left of the wait',
    seeds: 0,
    scenario: { file: 'new-primary-has-its-time.txt', line: '0 signs suspect v1' },
    patches: [
      {
        file: `${PBFT}/view-change/leave-view.ts`,
        find: '  state.patience.deadlineMs = undefined;',
        replace: '',
      },
    ],
  },
  {
    name: 'a block that is committed again makes patience short',
    seeds: 0,
    scenario: { file: 'only-fresh-blocks-calm.txt', line: '3 signs suspect v1' },
    patches: [
      {
        file: `${PBFT}/view-change/rotation.ts`,
        find: 'certificate.view === state.view &&\n      block.header.originView === state.view,',
        replace: 'certificate.view === state.view && block.header.height > 0,',
      },
    ],
  },
  {
    name: 'patience that has grown stays long',
    seeds: 0,
    scenario: { file: 'only-fresh-blocks-calm.txt', line: '0 signs suspect v1' },
    patches: [
      {
        file: `${PBFT}/view-change/rotation.ts`,
        find: '  state.patience.expiries = 0;',
        replace: '',
      },
    ],
  },
  {
    name: 'the body that a tip needs is let go of',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/state/chain.ts`,
        find: 'for (const { hash } of chainTo(state, blockHash) ?? []) needed.add(hash);',
        replace: 'if (blockHash === state.committed.hash) needed.add(blockHash);',
      },
      {
        file: `${PBFT}/state/chain.ts`,
        find: 'if (header.height <= committed.height && bodies.delete(hash)) excess -= 1;',
        replace: 'if (header.height > 0 && bodies.delete(hash)) excess -= 1;',
      },
    ],
  },
  {
    name: 'a body that was voted for goes with its view',
    seeds: 0,
    scenario: { file: 'late-new-view.txt', line: '1 sends to 0: FETCH 1:a' },
    patches: [
      {
        file: `${PBFT}/state/chain.ts`,
        find: 'if (header.height <= committed.height && bodies.delete(hash)) excess -= 1;',
        replace: 'if (header.height > 0 && bodies.delete(hash)) excess -= 1;',
      },
    ],
  },
  {
    name: 'a commit takes all tips away',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/view-change/tips.ts`,
        find: 'return tips.filter((tip) => tip.height > committedHeight);',
        replace: 'return tips.filter((tip) => tip.height > 1_000 * committedHeight);',
      },
    ],
  },
];
