/** The journal, and what a restart remembers: bugs that people have really written (docs/PROTOCOL.md, known mistakes). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const DURABILITY_MUTATIONS: readonly Mutation[] = [
  {
    name: 'own votes are forgotten in a crash',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: 'if (view !== state.view || isPast) return;',
        replace: 'return;',
      },
      {
        file: `${PBFT}/restart/echo.ts`,
        find: 'if (signer !== state.seats.self || epoch !== state.epoch) return false;',
        replace: 'if (epoch >= 0) return false;',
      },
    ],
  },
  {
    name: 'effects do not wait for the journal',
    seeds: 40,
    patches: [
      { file: 'src/node/replica-loop.ts', find: 'await journal.sync();', replace: 'void journal.sync();' },
    ],
  },
  {
    name: 'the own vote is signed and counted before it is durable',
    seeds: 40,
    patches: [
      {
        file: 'src/node/replica-loop.ts',
        find: 'await this.makeDurable(effects);',
        replace:
          "this.sign(effects.flatMap((effect) => (effect.type === 'sign' ? [effect.request] : [])));\n      await this.makeDurable(effects);",
      },
    ],
  },
  {
    name: 'a COMMIT leaves without its lock',
    seeds: 40,
    patches: [
      {
        file: `${PBFT}/normal-case/prepare.ts`,
        find: "effects.push({ type: 'append', record: { type: 'locked', certificate } });",
        replace: '',
      },
    ],
  },
  {
    name: 'a checkpoint line leaves without its record',
    seeds: 40,
    patches: [
      {
        file: `${PBFT}/checkpoint/countersign.ts`,
        find: "effects.push({ type: 'append', record: { type: 'checkpointSigned', height, root } });",
        replace: '',
      },
    ],
  },
  {
    name: 'a view change leaves without its record',
    seeds: 40,
    patches: [
      {
        file: `${PBFT}/view-change/leave-view.ts`,
        find: "effects.push({ type: 'append', record: { type: 'viewLeft', timeout: viewState.timeout, content } });",
        replace: '',
      },
    ],
  },
  {
    name: 'a view is entered without its record',
    seeds: 40,
    patches: [
      {
        file: `${PBFT}/view-change/enter-view.ts`,
        find: "effects.push({ type: 'append', record: { type: 'viewEntered', epoch, view, changes, signature } });",
        replace: 'if (epoch < 0) return false;',
      },
    ],
  },
  {
    name: 'the view is forgotten in a crash',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: 'if (place.epoch !== epoch || recordRank < rank) continue;',
        replace: 'if (place.epoch !== epoch || recordRank >= 0) continue;',
      },
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: 'invariant(view <= state.view, `the journal has a vote of view ${view} and no record of entering it`);',
        replace: '',
      },
    ],
  },
  {
    name: 'a restart says something new about the view that was left',
    seeds: 40,
    mode: 'crashAtRecord',
    patches: [
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: 'state.viewState.ownChange = content;',
        replace: '',
      },
    ],
  },
  {
    name: 'tips are lost in a crash',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: 'state.tips = addTip(state.tips, record.certificate);',
        replace: 'continue;',
      },
      {
        file: `${PBFT}/restart/echo.ts`,
        find: 'return !state.tips.some((tip) => tip.view === view && tip.height >= height);',
        replace: 'return false;',
      },
    ],
  },
  {
    name: 'a restarted primary proposes anew',
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/restart/recovery.ts`,
        find: 'state.voted.set(height, { block, acceptedAtMs: -Infinity, preparedAtMs: undefined });',
        replace:
          'if (block.header.proposer !== state.seats.self) state.voted.set(height, { block, acceptedAtMs: -Infinity, preparedAtMs: undefined });',
      },
      {
        file: `${PBFT}/restart/echo.ts`,
        find: 'if (signer !== state.seats.self || epoch !== state.epoch) return false;',
        replace: 'if (epoch >= 0) return false;',
      },
    ],
  },
  {
    name: 'a database that was set back is not waited for',
    seeds: 1_500,
    scenario: {
      file: 'database-set-back.txt',
      line: '1 voting v0 active executed 0 committed 0 prepared 0 accepted 0 certified 0 at genesis',
    },
    patches: [
      {
        file: `${PBFT}/restart/wake.ts`,
        find: ' || state.executedHeight < state.knownHeight',
        replace: '',
      },
    ],
  },
  {
    name: 'a replica votes before it has heard the echo of its own words',
    seeds: 20_000,
    scenario: { file: 'forgotten-votes.txt', line: '1 signs prepare 1:other' },
    patches: [
      {
        file: `${PBFT}/restart/wake.ts`,
        find: 'state.echoes.size < state.quorum - 1 || ',
        replace: '',
      },
    ],
  },
];
