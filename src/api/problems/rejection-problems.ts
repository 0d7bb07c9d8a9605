/** How a refusal of the protocol looks over HTTP. 400: the form is wrong; 422: the form is right and the content is not. */
import type { FailureCode } from '../../protocol/ledger/outcome.js';
import type { RejectionCode } from '../../protocol/primitives/rejection.js';
import type { ProblemDefinition } from './problem-definition.js';
import { PROOF_PROBLEMS } from './proof-problems.js';

export const REJECTION_PROBLEMS: { readonly [Code in RejectionCode]: ProblemDefinition } = {
  TRANSACTION_MALFORMED: {
    status: 400,
    title: 'The transaction cannot be decoded',
    fix: 'Encode a SignedTransaction as transaction.proto defines it; the SDK does.',
  },
  TRANSACTION_NOT_CANONICAL: {
    status: 400,
    title: 'The transaction is not in its canonical encoding',
    fix: 'Encode without unknown fields, fields ascending and defaults left out; sign those bytes.',
  },
  TRANSACTION_TOO_LARGE: {
    status: 413,
    title: 'The transaction exceeds the size limit of this ledger',
    fix: 'Split its records over several transactions; genesis names the limit (transactionBytesMax).',
  },
  SIGNATURE_MISSING: {
    status: 400,
    title: 'The transaction has no signature',
    fix: 'Sign the body with the private key that belongs to its public key.',
  },
  SIGNATURE_INVALID: {
    status: 422,
    title: 'The signature does not belong to the body and its public key',
    fix: 'Sign the exact bytes that are sent, with the domain tag of transactions; never re-encode a signed body.',
  },
  SIGNER_UNKNOWN: {
    status: 403,
    title: 'The key belongs to no identity of this ledger',
    fix: 'Sign with a registered key, or let an admin of the organisation register this one.',
  },
  SIGNER_REVOKED: {
    status: 403,
    title: 'The identity was revoked, or signs with another key now',
    fix: 'Sign with the key that GET /v1/identities/{organisation}/{name} names.',
  },
  SIGNER_NOT_VALID_YET: {
    status: 403,
    title: 'The identity may not sign yet',
    fix: 'Send it again from the height on that the detail names.',
  },
  SIGNER_EXPIRED: {
    status: 403,
    title: 'The time in which the identity might sign is over',
    fix: 'Let an admin of the organisation extend its validity.',
  },
  SIGNER_NOT_PERMITTED: {
    status: 403,
    title: 'The identity lacks the role that the command needs',
    fix: 'Sign with an identity that has the role, or let an admin of the organisation grant it.',
  },
  SIGNER_ORGANISATION_REMOVED: {
    status: 403,
    title: 'The organisation of the identity was removed from the consortium',
    fix: 'Sign with an identity of a member; GET /v1/organisations names them.',
  },
  CHAIN_ID_MISMATCH: {
    status: 422,
    title: 'The transaction was signed for another ledger',
    fix: 'Take the chain id from GET /v1/genesis of this ledger, then build and sign again.',
  },
  TRANSACTION_EXPIRED: {
    status: 422,
    title: 'The last height at which the transaction may be included has passed',
    fix: 'Build and sign it again with a later valid_until_height and the same idempotency key.',
  },
  EXPIRY_TOO_FAR: {
    status: 422,
    title: 'The transaction asks to stay valid for longer than this ledger permits',
    fix: 'Lower valid_until_height; the detail names the highest that is accepted now.',
  },
  TRANSACTION_DUPLICATE: {
    status: 409,
    title: 'The transaction is already known',
    fix: 'Read its status at GET /v1/transactions/{id}; there is nothing to send again.',
  },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    title: 'The idempotency key is not usable',
    fix: 'Use 1 to 128 printable ASCII characters without space.',
  },
  COMMAND_UNKNOWN: {
    status: 422,
    title: 'This ledger does not know the command',
    fix: 'Use a command of transaction.proto of the protocol version that the ledger runs.',
  },
  MEMPOOL_FULL: {
    status: 429,
    title: 'The node holds as many waiting transactions as it may',
    fix: 'Send again after the time in Retry-After, slower.',
    retryAfterSeconds: 1,
  },
  ORGANISATION_SHARE_FULL: {
    status: 429,
    title: 'The share of the organisation in the waiting transactions is used up',
    fix: 'Send again after the time in Retry-After; the share frees itself as blocks are committed.',
    retryAfterSeconds: 1,
  },
  JSON_MALFORMED: {
    status: 400,
    title: 'The text is not JSON as RFC 8259 and RFC 7493 define it',
    fix: 'Repair the text at the byte that the detail names.',
  },
  JSON_DUPLICATE_KEY: {
    status: 400,
    title: 'A member name occurs twice in one JSON object',
    fix: 'Keep one of the two: readers disagree about which counts.',
  },
  JSON_TOO_DEEP: {
    status: 400,
    title: 'The JSON text nests too deep',
    fix: 'Flatten the document; 64 levels are accepted.',
  },
  JSON_NUMBER_OUT_OF_RANGE: {
    status: 400,
    title: 'A JSON number lies outside the range of exact integers',
    fix: 'Write numbers beyond ±(2^53−1) as strings.',
  },
  JSON_LONE_SURROGATE: {
    status: 400,
    title: 'A JSON string holds half of a surrogate pair',
    fix: 'Write the character itself or both halves.',
  },
  EPCIS_DOCUMENT_INVALID: {
    status: 422,
    title: 'The EPCIS document does not follow the schema',
    fix: 'Repair the place that the detail names; EPCIS 2.0 JSON is expected.',
  },
  SUBJECT_INVALID: {
    status: 422,
    title: 'A subject is not usable',
    fix: 'A subject is a string of 1 to 1,024 UTF-8 bytes.',
  },
  SUBJECTS_TOO_MANY: {
    status: 422,
    title: 'The transaction names more subjects than this ledger permits',
    fix: 'Split its records over several transactions.',
  },
  RECORDS_TOO_MANY: {
    status: 422,
    title: 'The transaction carries more records than this ledger permits',
    fix: 'Split its records over several transactions.',
  },
  POINTER_INVALID: {
    status: 422,
    title: 'A subject pointer does not lead to a string or a list of strings',
    fix: 'Correct the JSON pointer (RFC 6901) or the document.',
  },
  IDENTITY_INVALID: {
    status: 422,
    title: 'No identity may have these rights',
    fix: 'Repair what the detail names: an admin holds its own key, and validity ends after it begins.',
  },
  KEY_INVALID: {
    status: 422,
    title: 'The key is not usable',
    fix: 'Make an ordinary key (countersign key gen) and give its public half: Ed25519 for identities, P-256 for receipts.',
  },
  POSSESSION_INVALID: {
    status: 422,
    title: 'The key has not signed that it belongs to this identity or credential',
    fix: 'Sign the proof with the key itself, for this chain, organisation and name; the SDK does.',
  },
  ORGANISATION_NOT_OWN: {
    status: 422,
    title: 'Only the organisation itself may propose another ledger key for it',
    fix: 'Let an admin of that organisation propose it.',
  },
  PARAMETER_UNKNOWN: {
    status: 422,
    title: 'The ledger has no such parameter',
    fix: 'Take the names from docs/PROTOCOL.md, Genesis.',
  },
  PARAMETER_INVALID: {
    status: 422,
    title: 'The value of a parameter is out of range, or does not fit the others',
    fix: 'Take ranges and relations from docs/PROTOCOL.md, Genesis.',
  },
  PARAMETER_FIXED: {
    status: 422,
    title: 'The parameter never changes',
    fix: 'Leave pipelineDepth out: heights in flight depend on it.',
  },
  MESSAGE_MALFORMED: {
    status: 400,
    title: 'A message between nodes cannot be decoded',
    fix: 'Run the same protocol version on all nodes.',
  },
  MESSAGE_UNEXPECTED: {
    status: 400,
    title: 'A message between nodes comes at a moment at which it has no meaning',
    fix: 'Run the same protocol version on all nodes.',
  },
  CERTIFICATE_INVALID: {
    status: 422,
    title: 'A certificate does not carry a quorum of valid signatures',
    fix: 'Fetch it again, from another node.',
  },
  BLOCK_INVALID: {
    status: 422,
    title: 'A block does not follow the rules of the ledger',
    fix: 'Fetch it again, from another node.',
  },
  PROPOSAL_INVALID: {
    status: 422,
    title: 'A proposed block does not follow the rules of the ledger',
    fix: 'See the log of the node that proposed it.',
  },
  GENESIS_INVALID: {
    status: 422,
    title: 'The genesis document is not usable',
    fix: 'Use the file that the founders of the consortium agreed on, unchanged.',
  },
  NOTE_MALFORMED: {
    status: 422,
    title: 'The checkpoint is not a C2SP signed note',
    fix: 'Use the text of GET /v1/checkpoint unchanged, line feeds included.',
  },
  NOTE_UNVERIFIED: {
    status: 422,
    title: 'The checkpoint lacks a quorum of valid signatures',
    fix: 'Fetch it again, and verify it with the genesis file of this ledger.',
  },
  ...PROOF_PROBLEMS,
};

/** Why a transaction on the ledger had no effect, where no refusal has the same code. */
export const OUTCOME_PROBLEMS: { readonly [Code in Exclude<FailureCode, RejectionCode>]: ProblemDefinition } =
  {
    IDEMPOTENCY_CONFLICT: {
      status: 422,
      title: 'The identity has used the idempotency key for another command',
      fix: 'Use a new key for a new command; the same command under the same key is replayed.',
    },
    IDENTITY_EXISTS: {
      status: 409,
      title: 'The organisation has, or had, an identity of this name',
      fix: 'Choose another name: a name stands for one identity for ever.',
    },
    IDENTITY_UNKNOWN: {
      status: 404,
      title: 'The organisation has no identity of this name',
      fix: 'See GET /v1/identities for the names; an admin acts on its own organisation alone.',
    },
    IDENTITY_REVOKED: {
      status: 409,
      title: 'The identity was revoked',
      fix: 'Register another identity: a revocation is for ever.',
    },
    IDENTITIES_TOO_MANY: {
      status: 422,
      title: 'The organisation has as many identities as it may',
      fix: 'Use the ones there are; revoked ones count too.',
    },
    KEY_IN_USE: {
      status: 409,
      title: 'The key belongs, or belonged, to an identity, a credential or an organisation',
      fix: 'Make a new key for each identity, each credential, each organisation and each rotation.',
    },
    CREDENTIAL_EXISTS: {
      status: 409,
      title: 'The organisation has, or had, a credential of this name',
      fix: 'Choose another name: a name stands for one key for ever; name the old one in replaces.',
    },
    CREDENTIAL_UNKNOWN: {
      status: 404,
      title: 'The organisation has no credential of this name and type',
      fix: 'See GET /.well-known/scitt-keys for the names; an admin acts on its own organisation alone.',
    },
    CREDENTIAL_REVOKED: {
      status: 409,
      title: 'The credential was revoked',
      fix: 'Register another key under another name: a revocation is for ever.',
    },
    CREDENTIALS_TOO_MANY: {
      status: 422,
      title: 'The organisation has registered as many credentials as it may',
      fix: 'Use the ones there are; revoked ones count too, since their keys stay readable.',
    },
    READER_UNKNOWN: {
      status: 409,
      title: 'A reader is no organisation or identity of the ledger',
      fix: 'Name organisations and identities that the ledger has; see /v1/organisations and /v1/identities.',
    },
    LAST_ADMIN: {
      status: 409,
      title: 'Nobody would be left who can govern the organisation',
      fix: 'Register another admin without end of validity first.',
    },
    MOTION_UNKNOWN: {
      status: 404,
      title: 'The ledger has no such motion, or its proposal stands in the same block',
      fix: 'Take the id from GET /v1/motions, and cast the ballot after the proposal is committed.',
    },
    MOTION_CLOSED: {
      status: 409,
      title: 'The motion was accepted, rejected or withdrawn',
      fix: 'Read it at GET /v1/motions/{id}; propose a new one where it is still wanted.',
    },
    MOTION_EXPIRED: {
      status: 409,
      title: 'The time for ballots on the motion is over',
      fix: 'Propose it again.',
    },
    MOTIONS_TOO_MANY: {
      status: 409,
      title: 'The organisation has as many open motions as it may',
      fix: 'Wait until one is decided or expires, or withdraw one.',
    },
    BALLOT_CAST_ALREADY: {
      status: 409,
      title: 'The organisation has cast its ballot on this motion',
      fix: 'A ballot stands for ever; the proposer can withdraw the motion and propose it again.',
    },
    BALLOT_NOT_ENTITLED: {
      status: 403,
      title: 'The organisation has no validator in force, so it has no ballot',
      fix: 'GET /v1/validators names those that have; propose its promotion first.',
    },
    NOT_PROPOSER: {
      status: 403,
      title: 'Another organisation has proposed the motion',
      fix: 'Let an admin of the organisation that proposed it withdraw it, or cast a ballot against it.',
    },
    ORGANISATION_EXISTS: {
      status: 409,
      title: 'The name belongs, or belonged, to an organisation of this ledger',
      fix: 'Let the new organisation choose another name: a name is given once.',
    },
    ORGANISATION_UNKNOWN: {
      status: 404,
      title: 'The ledger has no organisation of this name',
      fix: 'GET /v1/organisations names them.',
    },
    ORGANISATION_REMOVED: {
      status: 409,
      title: 'The organisation is no member any more',
      fix: 'A removed organisation joins again under another name, with other keys.',
    },
    ORGANISATIONS_TOO_MANY: {
      status: 409,
      title: 'The ledger has had as many organisations as it may',
      fix: 'Removed ones count too; found another ledger.',
    },
    VALIDATOR_ALREADY: {
      status: 409,
      title: 'The organisation has a validator in force',
      fix: 'There is nothing to promote.',
    },
    VALIDATOR_NOT: {
      status: 409,
      title: 'The organisation has no validator in force',
      fix: 'There is nothing to demote; a member without a vote can be removed.',
    },
    VALIDATORS_TOO_MANY: {
      status: 409,
      title: 'There are as many validators as there may be',
      fix: 'Demote one first.',
    },
    LAST_QUORUM: {
      status: 409,
      title: 'Too few validators would be left',
      fix: 'Promote another organisation first: four or more stay four or more, and one stays in any case.',
    },
    EPOCH_CHANGE_PENDING: {
      status: 409,
      title: 'A change of validators or parameters is scheduled and not in force yet',
      fix: 'Send it again after the height that GET /v1/validators names as pending.',
    },
  };
