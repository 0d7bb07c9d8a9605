/**
 * Protocol bugs that people have really written (consensus.md 2), each as a patch on a copy of the source. The simulator
 * must notice every one of them within its budget of seeds, or it is the simulator that is broken.
 */
export interface SourcePatch {
  /** Path from the repository's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutation {
  readonly name: string;
  readonly patches: readonly SourcePatch[];
  /** Seeds within which it must be noticed. */
  readonly seeds: number;
}

const PBFT = 'src/protocol/pbft';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a quorum is 2f',
    seeds: 20,
    patches: [
      {
        file: 'src/protocol/primitives/quorum.ts',
        find: 'return Math.floor((2 * validatorCount + 2) / 3);',
        replace: 'return 2 * faultsMax(validatorCount);',
      },
    ],
  },
  {
    name: 'a signer counts as often as it votes',
    seeds: 50,
    patches: [
      {
        file: `${PBFT}/normal-case/vote-pool.ts`,
        find: 'if (ofSigner.some((held) => held.view === vote.view)) return false;',
        replace: '',
      },
      {
        file: `${PBFT}/normal-case/wants.ts`,
        find: 'return state.votes.find(kind, view, height, signer) === undefined;',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'votes for different blocks count together',
    seeds: 150,
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
    seeds: 300,
    patches: [
      {
        file: `${PBFT}/normal-case/vote-pool.ts`,
        find: 'vote.epoch === epoch && vote.view === view && vote.blockHash === blockHash',
        replace: 'vote.epoch === epoch && vote.blockHash === blockHash',
      },
    ],
  },
  {
    name: 'nothing is sent twice',
    seeds: 50,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: 'if (peer === undefined || status.epoch !== state.epoch',
        replace: 'if (peer !== undefined || status.epoch !== state.epoch',
      },
    ],
  },
  {
    name: 'own votes are forgotten in a crash',
    seeds: 150,
    patches: [
      {
        file: `${PBFT}/normal-case/recovery.ts`,
        find: 'if (height <= state.committed.height || record.epoch !== state.epoch) return;',
        replace: 'if (height > 0 || record.epoch !== state.epoch) return;',
      },
    ],
  },
  {
    name: 'effects do not wait for the journal',
    seeds: 20,
    patches: [
      { file: 'src/node/replica-loop.ts', find: 'await journal.sync();', replace: 'void journal.sync();' },
    ],
  },
  {
    name: 'the own vote is signed and counted before it is durable',
    seeds: 20,
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
    seeds: 20,
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
    seeds: 20,
    patches: [
      {
        file: `${PBFT}/checkpoint/countersign.ts`,
        find: "effects.push({ type: 'append', record: { type: 'checkpointSigned', height, root } });",
        replace: '',
      },
    ],
  },
  {
    name: 'a proposal is accepted on another parent',
    seeds: 300,
    patches: [
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: ' || proposal.block.header.parentHash !== parent.hash',
        replace: '',
      },
      {
        file: `${PBFT}/normal-case/accept.ts`,
        find: 'acceptedPoint(state).hash === proposal.block.header.parentHash',
        replace: 'acceptedPoint(state).height === height - 1',
      },
    ],
  },
  {
    name: 'commits are not held at executed + L',
    seeds: 50,
    patches: [
      {
        file: `${PBFT}/normal-case/commit.ts`,
        find: 'if (height > heightLimit(state)) return;',
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
  {
    name: 'checkpoint signatures are not sent again',
    seeds: 400,
    patches: [
      {
        file: `${PBFT}/normal-case/retransmission.ts`,
        find: '    ...missingCheckpoint(state, status),\n',
        replace: '',
      },
    ],
  },
  {
    name: 'lines under different roots count together',
    seeds: 150,
    patches: [
      {
        file: `${PBFT}/checkpoint/checkpoint-pool.ts`,
        find: '(line) => line.root === root',
        replace: '(line) => line.root !== undefined',
      },
    ],
  },
  {
    name: 'a signer has as many lines as it sends',
    seeds: 100,
    patches: [
      {
        file: `${PBFT}/checkpoint/checkpoint-pool.ts`,
        find: 'equal.sort(',
        replace: 'equal.push(...equal);\n    equal.sort(',
      },
      {
        file: `${PBFT}/checkpoint/checkpoint-pool.ts`,
        find: 'if (equal.length < quorum) return undefined;',
        replace: 'if (2 * equal.length < quorum) return undefined;',
      },
    ],
  },
  {
    name: 'an own result that is not the certified one goes unnoticed',
    seeds: 100,
    patches: [
      {
        file: `${PBFT}/checkpoint/certify.ts`,
        find: 'quarantine(state, height, ownRoot, certificate.root, effects);',
        replace: '',
      },
      {
        file: `${PBFT}/checkpoint/countersign.ts`,
        find: 'quarantine(state, height, root, signed, effects);',
        replace: '',
      },
    ],
  },
  {
    name: 'a restarted primary proposes anew',
    seeds: 150,
    patches: [
      {
        file: `${PBFT}/normal-case/recovery.ts`,
        find: 'state.voted.set(height, { view, block, acceptedAtMs: -Infinity, preparedAtMs: undefined });',
        replace:
          'if (block.header.proposer !== state.config.self) state.voted.set(height, { view, block, acceptedAtMs: -Infinity, preparedAtMs: undefined });',
      },
    ],
  },
];
