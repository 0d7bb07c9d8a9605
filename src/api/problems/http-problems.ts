/** Problems of the REST edge itself: the request's form, what it asks for, and whether the node can serve it now. */
import type { ProblemDefinition } from './problem-definition.js';

export const HTTP_PROBLEMS = {
  REQUEST_MALFORMED: {
    status: 400,
    title: 'The request is not well-formed HTTP',
    fix: 'Check the request line, the headers and the length of the body.',
  },
  PERCENT_ENCODING_INVALID: {
    status: 400,
    title: 'The URL holds a percent-encoding that is not UTF-8',
    fix: 'Encode each path segment and parameter with percent-encoded UTF-8 (RFC 3986).',
  },
  QUERY_PARAMETER_UNKNOWN: {
    status: 400,
    title: 'The resource has no such query parameter',
    fix: 'Remove the parameter or correct its name; /openapi.json lists those of each resource.',
  },
  QUERY_PARAMETER_INVALID: {
    status: 400,
    title: 'A query parameter has a value that is not permitted',
    fix: 'Correct the value as the errors list says.',
  },
  LIMIT_INVALID: {
    status: 400,
    title: 'The page size is not permitted',
    fix: 'Give limit as an integer within the bounds that the errors list names.',
  },
  CURSOR_INVALID: {
    status: 400,
    title: 'The cursor was not issued for this list',
    fix: 'Use nextCursor of the page before, unchanged and with the same parameters, or start without a cursor.',
  },
  HEIGHT_INVALID: {
    status: 400,
    title: 'The height is not a block number',
    fix: 'Give a decimal integer from 0 to 2^53−1 without sign or leading zero.',
  },
  HEIGHTS_REVERSED: {
    status: 400,
    title: 'The first height lies above the second',
    fix: 'Give the lower height first: a log is the beginning of a later one, never of an earlier one.',
  },
  EPOCH_INVALID: {
    status: 400,
    title: 'The epoch is not one',
    fix: 'Give a decimal integer from 0 to 2^53−1 without sign or leading zero.',
  },
  HEIGHT_NOT_REACHED: {
    status: 400,
    title: 'The ledger of this node has not reached the height',
    fix: 'Ask for a height up to asOfHeight, or ask again later.',
  },
  HEIGHT_NOT_KEPT: {
    status: 409,
    title: 'The node does not keep the state of the height any more',
    fix: 'Ask for one of the heights that the detail names, or without atHeight and cursor.',
  },
  HEIGHT_NOT_COUNTERSIGNED: {
    status: 409,
    title: 'The height is not countersigned yet, so nothing can be proven as of it',
    fix: 'Ask again after the time in Retry-After, or for one of the heights that the detail names.',
    retryAfterSeconds: 1,
  },
  EXPORT_RANGE_INVALID: {
    status: 400,
    title: 'The range of blocks is none',
    fix: 'Give from as 1 or more, and to as the same or a greater height.',
  },
  EXPORT_NOT_COUNTERSIGNED: {
    status: 409,
    title: 'The range of blocks is not countersigned up to its end at this node',
    fix: 'Leave to out for the highest countersigned height, or ask again after the time in Retry-After.',
    retryAfterSeconds: 2,
  },
  EXPORTS_BUSY: {
    status: 503,
    title: 'The node sends as many bundles at a time as it may',
    fix: 'Ask again after the time in Retry-After, or ask another node.',
    retryAfterSeconds: 10,
  },
  TRANSACTION_ID_INVALID: {
    status: 400,
    title: 'The transaction id is not one',
    fix: 'Give 64 lower-case hexadecimal digits.',
  },
  SUBJECT_ID_INVALID: {
    status: 400,
    title: 'The subject is not one',
    fix: 'Give 1 to 4,096 bytes, percent-encoded: "/" is %2F.',
  },
  TIME_INVALID: {
    status: 400,
    title: 'The time is none that can be compared',
    fix: 'Give an RFC 3339 date-time with its offset, as 2026-03-02T07:30:00Z; "+" is %2B in a URL.',
  },
  TRACE_DIRECTION_INVALID: {
    status: 400,
    title: 'A trace does not go that way',
    fix: 'Give direction=back for where the subject came from, direction=forward for where it went.',
  },
  TRACE_DEPTH_INVALID: {
    status: 400,
    title: 'The depth of the trace is not permitted',
    fix: 'Give depth as an integer from 1 to 50, and trace on from the nodes that the answer calls open.',
  },
  INDEX_BEHIND: {
    status: 503,
    title: 'The search index of this node has not come to the height yet',
    fix: 'Ask again after the time in Retry-After, or without minHeight; GET /v1/status says how far the index is.',
    retryAfterSeconds: 1,
  },
  MEMBER_NAME_INVALID: {
    status: 400,
    title: 'The name is none that an organisation or an identity can have',
    fix: 'Give a name that matches [a-z][a-z0-9-]{0,62}.',
  },
  IDEMPOTENCY_KEY_MISMATCH: {
    status: 400,
    title: 'The Idempotency-Key header differs from the signed idempotency key',
    fix: 'Send the key that the transaction was signed with, or leave the header out.',
  },
  BODY_MISSING: {
    status: 400,
    title: 'The request has no body',
    fix: 'Send the transaction as application/x-protobuf or application/json.',
  },
  BODY_INVALID: {
    status: 400,
    title: 'The JSON body does not have the form that the resource expects',
    fix: 'Correct the members that the errors list names by JSON pointer.',
  },
  MOTION_NOT_FOUND: {
    status: 404,
    title: 'The ledger has no such motion',
    fix: 'See /v1/motions for those that it has; the id is that of the transaction that proposed it.',
  },
  ORGANISATION_NOT_FOUND: {
    status: 404,
    title: 'The ledger has no such organisation',
    fix: 'See /v1/organisations for those that it has.',
  },
  CUSTODY_NOT_HELD: {
    status: 403,
    title: 'The node signs for identities with custody "node" only',
    fix: 'Sign the transaction with your own key and post it to /v1/transactions, or let an admin give the identity to the node.',
  },
  CUSTODIAL_KEY_MISSING: {
    status: 503,
    title: 'The node does not have the key that it should sign with',
    fix: "Put the identity's key into the node's keystore, or rotate the identity to one that is there.",
  },
  RESOURCE_NOT_FOUND: {
    status: 404,
    title: 'There is no such resource',
    fix: 'See /openapi.json or /docs for the resources.',
  },
  TRANSACTION_NOT_FOUND: {
    status: 404,
    title: 'This node has never seen the transaction',
    fix: 'Check the id; a transaction that was refused leaves no trace.',
  },
  IDENTITY_NOT_FOUND: {
    status: 404,
    title: 'The ledger has no such identity',
    fix: 'See GET /v1/identities for those that there are.',
  },
  BLOCK_NOT_FOUND: {
    status: 404,
    title: 'There is no block of this height',
    fix: 'Heights start at 1 and end at the height of GET /v1/status; height 0 is GET /v1/genesis.',
  },
  CHECKPOINT_NOT_FOUND: {
    status: 404,
    title: 'This height has no countersigned checkpoint at this node',
    fix: 'Ask again shortly, or take the latest at GET /v1/checkpoint.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'The resource does not know this method',
    fix: 'Use a method of the Allow header.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    title: 'The resource is not available in a media type that the request accepts',
    fix: 'Accept the media type that the detail names.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request did not arrive in time',
    fix: 'Send headers and body without long pauses.',
  },
  TRANSACTION_NOT_COMMITTED: {
    status: 409,
    title: 'The transaction is not on the ledger, so there is no receipt',
    fix: 'Wait until GET /v1/transactions/{id} says COMMITTED.',
    retryAfterSeconds: 1,
  },
  RECEIPT_NOT_READY: {
    status: 409,
    title: 'The block of the transaction is not countersigned yet',
    fix: 'Ask again after the time in Retry-After, or post with ?wait=receipt.',
    retryAfterSeconds: 1,
  },
  RECEIPT_SIGNATURES_MISSING: {
    status: 503,
    title: 'Too few organisations signed a COSE receipt in time',
    fix: 'Ask again later, or take the JSON form, which needs nobody; the detail names who is missing and why.',
    retryAfterSeconds: 5,
  },
  RECEIPT_KEY_ID_INVALID: {
    status: 400,
    title: 'The id is none that a key for COSE receipts can have',
    fix: 'Give the kid of a receipt, 32 bytes, as base64url without padding.',
  },
  RECEIPT_KEY_NOT_FOUND: {
    status: 404,
    title: 'No organisation has, or had, a key for COSE receipts with this id',
    fix: 'See GET /.well-known/scitt-keys for those that there are.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is larger than this resource takes',
    fix: 'Send less at once; the operator sets rest.bodyBytesMax and rest.batchBytesMax.',
  },
  URL_TOO_LONG: {
    status: 414,
    title: 'A part of the path is too long',
    fix: 'Identifiers have at most 4,096 bytes.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The body has a media type that this resource does not take',
    fix: 'Set Content-Type to application/x-protobuf or application/json.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The request headers are larger than this node takes',
    fix: 'Send fewer or shorter headers; the operator sets rest.headerBytesMax.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'The node could not answer because of a fault of its own',
    fix: 'Tell the operator the traceId; the log has the cause.',
  },
  NODE_IS_OBSERVER: {
    status: 403,
    title: 'The node is an observer and takes no transactions',
    fix: 'Send to a validator; GET /v1/status of this node names them.',
  },
  NODE_STARTING: {
    status: 503,
    title: 'The node is starting',
    fix: 'Send again after the time in Retry-After.',
    retryAfterSeconds: 2,
  },
  NODE_DRAINING: {
    status: 503,
    title: 'The node is shutting down',
    fix: 'Send to another node of the consortium, or again when this one is back.',
    retryAfterSeconds: 5,
  },
  QUORUM_UNREACHABLE: {
    status: 503,
    title: 'Too few validators are reachable to commit anything',
    fix: 'Send again later; GET /v1/status names the validators that are missing.',
    retryAfterSeconds: 5,
  },
  NODE_QUARANTINED: {
    status: 503,
    title: 'The node found its own result to differ from the certified one and takes no transactions',
    fix: 'Send to a node of another organisation; the operator runs "countersign audit run".',
  },
  NODE_HALTED: {
    status: 503,
    title: 'The node has halted',
    fix: 'Send to a node of another organisation; the operator reads the reason in the log.',
  },
} as const satisfies Readonly<Record<string, ProblemDefinition>>;

export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;
