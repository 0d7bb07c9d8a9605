/** How refusals of proof files look: receipts, histories, state proofs, bundles. Verifiers outside the node say the same codes. */
import type { RejectionCode } from '../../protocol/primitives/rejection.js';
import type { ProblemDefinition } from './problem-definition.js';

export const PROOF_PROBLEMS = {
  PROOF_INVALID: {
    status: 422,
    title: 'A proof does not lead to the root that it claims',
    fix: 'Fetch it again, from another node.',
  },
  RECEIPT_MALFORMED: {
    status: 422,
    title: 'The receipt cannot be decoded',
    fix: 'Use the file of GET /v1/transactions/{id}/receipt unchanged.',
  },
  RECEIPT_NOT_CANONICAL: {
    status: 422,
    title: 'The receipt is not in its canonical form',
    fix: 'Use the file of GET /v1/transactions/{id}/receipt unchanged.',
  },
  RECEIPT_INVALID: {
    status: 422,
    title: 'The receipt does not prove what it claims',
    fix: 'Do not trust it; fetch it again, from another node.',
  },
  HISTORY_MALFORMED: {
    status: 422,
    title: 'The history cannot be decoded',
    fix: 'Use the file of GET /v1/subjects/{subject}/history?proof=true unchanged.',
  },
  HISTORY_NOT_CANONICAL: {
    status: 422,
    title: 'The history is not in its canonical form',
    fix: 'Use the file of GET /v1/subjects/{subject}/history?proof=true unchanged.',
  },
  HISTORY_INVALID: {
    status: 422,
    title: 'The history does not prove what it claims',
    fix: 'Do not trust it; fetch it again, from another node, all pages as of one height.',
  },
  STATE_PROOF_MALFORMED: {
    status: 422,
    title: 'The state proof cannot be decoded',
    fix: 'Use the file of GET /v1/state/{key}?proof=true unchanged.',
  },
  STATE_PROOF_NOT_CANONICAL: {
    status: 422,
    title: 'The state proof is not in its canonical form',
    fix: 'Use the file of GET /v1/state/{key}?proof=true unchanged.',
  },
  STATE_PROOF_INVALID: {
    status: 422,
    title: 'The state proof does not prove what it claims',
    fix: 'Do not trust it; fetch it again, from another node.',
  },
  STATE_KEY_MALFORMED: {
    status: 400,
    title: 'The key is not one of the state',
    fix: 'Write it as kind/part/part, as the detail says; in a path the whole is one segment: "/" is %2F, "%" is %25.',
  },
  STATE_KIND_UNKNOWN: {
    status: 400,
    title: 'The state has no entries of this kind',
    fix: 'Take one of the kinds that the detail names.',
  },
  BUNDLE_MALFORMED: {
    status: 422,
    title: 'The bundle cannot be decoded',
    fix: 'Use the file of GET /v1/audit/export unchanged.',
  },
  BUNDLE_NOT_CANONICAL: {
    status: 422,
    title: 'A line of the bundle is not in its canonical form',
    fix: 'Use the file of GET /v1/audit/export unchanged.',
  },
  BUNDLE_TRUNCATED: {
    status: 422,
    title: 'The bundle ends early',
    fix: 'Run "countersign audit export" again with the same file: it continues after the last whole block.',
  },
  BUNDLE_LINE_UNEXPECTED: {
    status: 422,
    title: 'A line of the bundle stands where another is expected',
    fix: 'A line was added, removed or moved; export it again.',
  },
  BUNDLE_OUT_OF_ORDER: {
    status: 422,
    title: 'The blocks of the bundle do not follow one another',
    fix: 'A block was removed, added or moved; export it again.',
  },
  BUNDLE_FORKED: {
    status: 422,
    title: 'A block of the bundle stands on another block than the one before it',
    fix: 'The files are of two histories; compare the nodes that they come from with "countersign audit compare".',
  },
  BUNDLE_NOT_CONSECUTIVE: {
    status: 422,
    title: 'The bundle does not begin where the one before it ends',
    fix: 'Give bundles in the order of their heights, each from the height after the last one of the file before.',
  },
  BUNDLE_CHAIN_MISMATCH: {
    status: 422,
    title: 'The bundle is of another ledger than the genesis file',
    fix: 'Use the genesis file of the ledger that the bundle was exported from.',
  },
  BUNDLE_BLOCK_INVALID: {
    status: 422,
    title: 'A block of the bundle does not agree with its transactions or its result',
    fix: 'The file, or the database it was exported from, was changed; export it from another node.',
  },
  BUNDLE_TRANSACTION_INVALID: {
    status: 422,
    title: 'A transaction of the bundle is not what its client signed',
    fix: 'The file, or the database it was exported from, was changed; export it from another node.',
  },
  BUNDLE_HISTORY_INVALID: {
    status: 422,
    title: 'The history of validators in the bundle does not lead to those of its blocks',
    fix: 'Export it from another node.',
  },
  BUNDLE_LOG_MISMATCH: {
    status: 422,
    title: 'The results in the bundle are not those that a quorum has countersigned',
    fix: 'The file, or the database it was exported from, was changed; export it from another node.',
  },
  BUNDLE_COUNTS_DIFFER: {
    status: 422,
    title: 'The bundle counts other things than it holds',
    fix: 'Use the file of GET /v1/audit/export unchanged.',
  },
  RECEIPT_KEYS_INVALID: {
    status: 422,
    title: 'The key set for COSE receipts cannot be read',
    fix: 'Use the answer of GET /.well-known/scitt-keys as application/cbor, unchanged.',
  },
} as const satisfies { readonly [Code in RejectionCode]?: ProblemDefinition };
