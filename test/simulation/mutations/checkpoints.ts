/** Lines, certificates and diverging results: bugs that people have really written (docs/PROTOCOL.md, known mistakes). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const CHECKPOINT_MUTATIONS: readonly Mutation[] = [
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
    seeds: 60,
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
    seeds: 150,
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
];
