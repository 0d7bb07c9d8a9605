/** Leaving and entering views, and patience: bugs that people have really written (consensus.md 2). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const VIEW_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a replica leaves its view alone',
    seeds: 150,
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
    seeds: 60,
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
    seeds: 150,
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
    seeds: 60,
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
    seeds: 150,
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
        find: ' && committed.certificate.view < view',
        replace: ' && view > 0',
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
];
