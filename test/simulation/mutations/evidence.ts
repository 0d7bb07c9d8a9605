/** Evidence: bugs that people have really written (docs/PROTOCOL.md, known mistakes). */
import type { Mutation } from './mutation.js';

const PBFT = 'src/protocol/pbft';

export const EVIDENCE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a tip that a later commit has pushed aside is called concealed',
    seeds: 20_000,
    scenario: { file: 'tip-pushed-aside.txt', line: '0 has evidence: 3 concealedCommit 0/2' },
    patches: [
      {
        file: `${PBFT}/evidence/detect.ts`,
        find: 'if (base.height > 0 && !isOfBefore && (base.certificate?.view ?? Infinity) > commit.view) return;',
        replace: '',
      },
      {
        file: `${PBFT}/evidence.ts`,
        find: '(certificate.epoch === epoch && certificate.view <= viewMax)',
        replace: 'certificate.epoch === epoch',
      },
    ],
  },
];
