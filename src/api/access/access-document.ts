/** docs/ACCESS.md: the table of access for people, and how to prove who calls. write-access.ts writes it; a test holds both equal. */
import {
  REQUEST_NONCE_LENGTH,
  REQUEST_SIGNATURE_TAG,
  REQUEST_SIGNATURE_WINDOW_SECONDS,
} from '../../protocol/governance/request-signature.js';
import { ROLES } from '../../protocol/ledger/identity.js';
import { alignedTable } from '../openapi/aligned-table.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { accessOf, describeAccess, type Access } from './access-table.js';

function cellsOf(access: Access): readonly string[] {
  if (access.kind === 'roles') return ROLES.map((role) => (access.roles.includes(role) ? 'yes' : ''));
  return ROLES.map(() => (access.kind === 'anyone' ? 'yes' : ''));
}

function accessTable(operations: readonly OperationDeclaration[]): string {
  const rows = operations.map(({ id, method, path }) => {
    const access = accessOf(id);
    return [`\`${method} ${path}\``, `\`${id}\``, ...cellsOf(access), describeAccess(access)];
  });
  return alignedTable([['request', 'operation', ...ROLES, 'for'], ...rows]);
}

export function accessDocument(operations: readonly OperationDeclaration[]): string {
  const { min, max } = REQUEST_NONCE_LENGTH;
  return `# Who may call what

This file is made from \`src/api/access/access-table.ts\` with \`npm run generate\`. What is not in the table is refused.

Identities and their roles are entries of the ledger (docs/PROTOCOL.md, identities). No role implies another. An identity that is
revoked, or outside of its validity, may call nothing; what a command changes counts from the next block on.

${accessTable(operations)}

Whoever submits needs no further proof: each transaction is signed, and execution decides whether its signer has the role.

## Whose records

Of what a role may read, a caller sees the records of its own organisation, and those of organisations that share with everyone, with its
organisation, or with itself (docs/PROTOCOL.md, READ-1 to READ-3). What is withheld leaves its place in lists and histories; asked for by
its id it is refused with \`RECORD_WITHHELD\`. \`countersign member share\` says who may read; \`/v1/organisations\` shows it.

## A signed request

An HTTP Message Signature (RFC 9421) with the Ed25519 key of the identity, exactly one:

- It covers \`@method\` and \`@target-uri\`; with a body also \`content-type\` and \`content-digest\` (RFC 9530, sha-256); with the header
  also \`idempotency-key\`.
- Its parameters are \`created\` (seconds), \`keyid\` (the public key, 64 lower-case hex digits), \`nonce\` (${min} to ${max} printable
  characters, never used before) and \`tag="${REQUEST_SIGNATURE_TAG}"\`. The algorithm is that of the key on the ledger.
- It counts once, for ${REQUEST_SIGNATURE_WINDOW_SECONDS} s after \`created\`, at the address that it names: the node's \`rest.publicUrl\`, or a loopback address when it has
  none. What was signed before the node started is refused, since the node cannot know whether it has seen it.

\`credentialHeaders\` of the SDK makes these headers; its client and the \`countersign\` command do so by themselves.

## A token

\`Authorization: Bearer\` with a token (RFC 7519) of the OpenID provider of the node's own organisation, when \`rest.oidc\` names one. The
claim \`rest.oidc.identityClaim\` names the identity, and the ledger says what it may do. Issuer, audience, expiry, times and algorithm
are checked; symmetric algorithms and \`none\` are never accepted.

## What is kept

- Each call of an auditor or an admin is a line \`access\` in the log of the node: identity, operation, target, status.
- The headers \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` tell each identity what is left (\`rest.rateLimit\`).
`;
}
