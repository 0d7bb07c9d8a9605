/** Problems of access: who calls cannot be told (401), or may not do this (403), or too often (429). */
import type { ProblemDefinition } from './problem-definition.js';

export const ACCESS_PROBLEMS = {
  CREDENTIALS_MISSING: {
    status: 401,
    title: 'The request does not say who calls',
    fix: 'Sign it with the key of an identity (RFC 9421, docs/ACCESS.md), or send a token of the organisation as Authorization: Bearer.',
  },
  CREDENTIALS_AMBIGUOUS: {
    status: 401,
    title: 'The request has two proofs of who calls',
    fix: 'Send either a signature or a token.',
  },
  REQUEST_SIGNATURE_INVALID: {
    status: 401,
    title: 'The signature of the request is not one that counts',
    fix: 'Cover what docs/ACCESS.md lists, with the key of the identity, for the address that the node is reached at.',
  },
  REQUEST_SIGNATURE_STALE: {
    status: 401,
    title: 'The signature of the request was not made just now',
    fix: 'Sign again; correct the clock when it happens again.',
  },
  REQUEST_REPLAYED: {
    status: 401,
    title: 'The signed request was accepted before',
    fix: 'Sign each request anew, with a nonce of its own.',
  },
  CALLER_UNKNOWN: {
    status: 401,
    title: 'The key of the signature belongs to no identity of this ledger',
    fix: 'Let an admin of the organisation register the key, or sign with another.',
  },
  TOKENS_NOT_ACCEPTED: {
    status: 401,
    title: 'The node takes no tokens',
    fix: 'Sign the request with the key of an identity, or configure rest.oidc at the node.',
  },
  TOKEN_INVALID: {
    status: 401,
    title: 'The token is not one of the provider',
    fix: 'Get a new token from the OpenID provider of the organisation.',
  },
  TOKEN_EXPIRED: {
    status: 401,
    title: 'The token has expired',
    fix: 'Get a new token from the OpenID provider of the organisation.',
  },
  TOKEN_NOT_YET_VALID: {
    status: 401,
    title: 'The token is not valid yet',
    fix: 'Use it later; compare the clocks of the provider and the node when it happens again.',
  },
  TOKEN_ISSUER_WRONG: {
    status: 401,
    title: 'The token is of another issuer',
    fix: "Get a token from the provider that the node's rest.oidc.issuer names.",
  },
  TOKEN_AUDIENCE_WRONG: {
    status: 401,
    title: 'The token is meant for another service',
    fix: "Ask the provider for a token with the node's rest.oidc.audience.",
  },
  TOKEN_ALGORITHM_REFUSED: {
    status: 401,
    title: 'The token is signed with an algorithm that the node does not take',
    fix: "Let the provider sign with one of the node's rest.oidc.algorithms.",
  },
  TOKEN_KEY_UNKNOWN: {
    status: 401,
    title: 'The token names a key that the provider does not publish',
    fix: 'Get a new token; the provider may have changed its keys.',
  },
  TOKEN_IDENTITY_UNKNOWN: {
    status: 401,
    title: 'The token names no identity of the organisation',
    fix: 'Let an admin register the identity, or let the provider put its name into the claim rest.oidc.identityClaim.',
  },
  CALLER_NOT_IN_FORCE: {
    status: 403,
    title: 'The identity was revoked, has another key, or is outside of its validity',
    fix: 'Use a key that is in force; an admin of the organisation can rotate it or extend its validity.',
  },
  ROLE_MISSING: {
    status: 403,
    title: 'The identity has no role that may do this',
    fix: 'Use an identity with one of the roles that docs/ACCESS.md names, or let an admin give it one.',
  },
  RECORD_WITHHELD: {
    status: 403,
    title: 'The organisation that has recorded it does not let the caller read it',
    fix: 'Ask an admin of that organisation; /v1/organisations shows whom each lets read.',
  },
  LEDGER_WITHHELD: {
    status: 403,
    title:
      'An organisation does not let the caller read its records, so the caller may not read the whole ledger',
    fix: 'Ask an admin of that organisation to name the caller a reader; /v1/organisations shows whom each lets read.',
  },
  CALLER_OF_ANOTHER_ORGANISATION: {
    status: 403,
    title: 'The right counts only at the nodes of the own organisation',
    fix: 'Ask a node of the organisation of the identity.',
  },
  CONTENT_DIGEST_MISMATCH: {
    status: 400,
    title: 'The body is not the one that was signed',
    fix: 'Send Content-Digest with the SHA-256 of exactly the bytes of the body (RFC 9530).',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'The caller asks too often',
    fix: 'Wait as Retry-After says; the RateLimit headers of each answer tell what is left.',
    retryAfterSeconds: 1,
  },
  ACCESS_OVERLOADED: {
    status: 503,
    title: 'The node cannot check more callers now',
    fix: 'Ask again a little later.',
    retryAfterSeconds: 5,
  },
  TOKEN_KEYS_UNAVAILABLE: {
    status: 503,
    title: "The keys of the organisation's OpenID provider cannot be read",
    fix: 'Check the provider and rest.oidc; signed requests work meanwhile.',
    retryAfterSeconds: 5,
  },
} as const satisfies Readonly<Record<string, ProblemDefinition>>;

export type AccessProblemCode = keyof typeof ACCESS_PROBLEMS;
