/** docs/ERRORS.md: the registry as tables for people. write-errors.ts writes it; a test holds the file equal to this. */
import { alignedTable } from '../openapi/aligned-table.js';
import { PROBLEM_REGISTRY, type ProblemSource } from './problem-registry.js';

const HEADINGS: readonly (readonly [ProblemSource, string, string])[] = [
  ['request', 'Requests', 'The REST edge refuses the request, or the node cannot serve it now.'],
  [
    'transaction',
    'Transactions, proofs and messages',
    'Rules of the protocol refuse the content. The same codes stand in the outcomes of failed transactions and in the answers of the verifier.',
  ],
  [
    'node',
    'The surroundings of a node',
    'Database, disk, network or configuration fail. Callers see the title only; the log of the node has the cause under the same traceId.',
  ],
];

function table(source: ProblemSource): string {
  const rows = PROBLEM_REGISTRY.filter((problem) => problem.source === source).map(
    ({ code, status, title, fix, retryAfterSeconds }) => {
      const retry = retryAfterSeconds === undefined ? '' : ` (Retry-After: ${retryAfterSeconds})`;
      return [`\`${code}\``, `${status}${retry}`, title, fix];
    },
  );
  return alignedTable([['code', 'status', 'meaning', 'fix'], ...rows]);
}

export function errorsDocument(): string {
  const sections = HEADINGS.map(
    ([source, heading, text]) => `## ${heading}\n\n${text}\n\n${table(source)}\n`,
  );
  const introduction = [
    '# Errors',
    '',
    'Every error of the REST interface is `application/problem+json` (RFC 9457):',
    '',
    '```json',
    '{',
    '  "type": "urn:countersign:problem:LIMIT_INVALID",',
    '  "title": "The page size is not permitted",',
    '  "status": 400,',
    '  "detail": "limit: must be a decimal integer from 1 to 500",',
    '  "code": "LIMIT_INVALID",',
    '  "fix": "Give limit as an integer within the bounds that the errors list names.",',
    '  "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",',
    '  "errors": [{ "detail": "must be a decimal integer from 1 to 500", "parameter": "limit" }]',
    '}',
    '```',
    '',
    'Programs compare `code`; it never changes its meaning. `errors` names each place: `pointer` (JSON pointer into the body), `parameter`, `header`, or `field` of the transaction. `traceId` is that of the `traceparent` header when the request has one, and stands in the log of the node.',
    '',
    'This file is generated from `src/api/problems/problem-registry.ts`: `npm run generate`.',
    '',
  ];
  return `${introduction.join('\n')}\n${sections.join('\n')}`;
}
