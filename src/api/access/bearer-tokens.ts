/**
 * Tokens of the organisation's own OpenID provider (RFC 7519, RFC 8725): the provider says who somebody is, a claim names the
 * identity of this organisation, and the ledger says what that identity may do. Keys come from the provider (RFC 7517) and
 * are kept for a while; algorithms come from the settings, never from the token.
 */
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { isSecureUrl, type Configuration } from '../../config/configuration.js';
import type { Callers, Members } from '../../node/use-cases.js';
import { isIdentityName } from '../../protocol/ledger/identity.js';
import type { OrganisationName } from '../../protocol/primitives/identifiers.js';
import { ProblemException } from '../problems/problem-exception.js';
import type { ProblemCode } from '../problems/problem-registry.js';
import type { AccessClock } from '../access-clock.js';
import type { Caller } from './caller.js';

export type OidcSettings = NonNullable<Configuration['rest']['oidc']>;

export interface BearerTokenPorts {
  readonly callers: Callers;
  readonly members: Pick<Members, 'findIdentity'>;
  readonly organisation: OrganisationName;
  readonly clock: AccessClock;
}

const KEYS_TIMEOUT_MS = 5_000;
const KEYS_COOLDOWN_MS = 10_000;
const KEYS_MAX_AGE_MS = 600_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** RFC 6750, 2.1. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

function refuse(code: ProblemCode, detail: string): ProblemException {
  return new ProblemException(code, detail, [{ detail, header: 'Authorization' }]);
}

/** Bounded, without redirects, so that the provider's answer is the provider's. */
async function fetchBounded(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'error' });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new Error(`${url} answers with more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return new Response(new Blob(chunks), { status: response.status, headers: response.headers });
}

function claimFlaw(error: errors.JWTClaimValidationFailed, settings: OidcSettings): ProblemException {
  switch (error.claim) {
    case 'iss':
      return refuse('TOKEN_ISSUER_WRONG', `the token's issuer is not ${settings.issuer}`);
    case 'aud':
      return refuse('TOKEN_AUDIENCE_WRONG', `the token is not meant for ${settings.audience}`);
    case 'nbf':
    case 'iat':
      return refuse('TOKEN_NOT_YET_VALID', 'the token is not valid yet by the clock of this node');
    default:
      return refuse('TOKEN_INVALID', error.message);
  }
}

function toProblem(error: unknown, settings: OidcSettings): unknown {
  if (error instanceof ProblemException) return error;
  if (error instanceof errors.JWTExpired)
    return refuse('TOKEN_EXPIRED', 'the token has expired; get a new one');
  if (error instanceof errors.JWTClaimValidationFailed) return claimFlaw(error, settings);
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return refuse(
      'TOKEN_ALGORITHM_REFUSED',
      `the token must be signed with ${settings.algorithms.join(', ')}`,
    );
  if (error instanceof errors.JWKSNoMatchingKey)
    return refuse('TOKEN_KEY_UNKNOWN', 'the provider has no key with the token\'s "kid"');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse('TOKEN_INVALID', "the token's signature is not the provider's");
  if (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWKSMultipleMatchingKeys
  )
    return refuse('TOKEN_INVALID', error.message);
  return new ProblemException(
    'TOKEN_KEYS_UNAVAILABLE',
    `the keys of ${settings.issuer} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    [],
    {},
    { cause: error },
  );
}

export class BearerTokens {
  private keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(
    private readonly settings: OidcSettings,
    private readonly ports: BearerTokenPorts,
  ) {}

  /** Throws ProblemException TOKEN_…, CALLER_UNKNOWN. */
  async verify(token: string): Promise<Caller> {
    if (!TOKEN.test(token)) throw refuse('TOKEN_INVALID', 'the Authorization header holds no bearer token');
    return this.callerOf(await this.readClaims(token));
  }

  private async readClaims(token: string): Promise<JWTPayload> {
    const { settings } = this;
    try {
      const { payload } = await jwtVerify(token, await this.providerKeys(), {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: [...settings.algorithms],
        clockTolerance: settings.clockToleranceSeconds,
        requiredClaims: ['exp'],
        currentDate: new Date(this.ports.clock.wallMs()),
      });
      return payload;
    } catch (error) {
      throw toProblem(error, settings);
    }
  }

  private async callerOf(claims: JWTPayload): Promise<Caller> {
    const { organisation, members, callers } = this.ports;
    const { identityClaim, identities } = this.settings;
    const value = claims[identityClaim];
    const name = typeof value !== 'string' ? undefined : identities === undefined ? value : identities[value];
    if (name === undefined || !isIdentityName(name))
      throw refuse(
        'TOKEN_IDENTITY_UNKNOWN',
        `the token's claim "${identityClaim}" names no identity of ${organisation}`,
      );
    const entry = await members.findIdentity(organisation, name);
    const signer = entry === undefined ? undefined : await callers.find(entry.publicKey);
    if (entry === undefined || signer === undefined)
      throw refuse('TOKEN_IDENTITY_UNKNOWN', `the ledger knows no identity ${organisation}/${name}`);
    return { ...signer, publicKey: entry.publicKey, proof: 'token' };
  }

  /** A failure is not kept: the next token asks again. */
  private providerKeys(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.openKeys().catch((error: unknown) => {
      this.keys = undefined;
      throw error;
    });
    return this.keys;
  }

  private async openKeys(): Promise<JWTVerifyGetKey> {
    const url = this.settings.keysUrl ?? (await this.discoverKeysUrl());
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: KEYS_TIMEOUT_MS,
      cooldownDuration: KEYS_COOLDOWN_MS,
      cacheMaxAge: KEYS_MAX_AGE_MS,
      [customFetch]: fetchBounded,
    });
  }

  /** OpenID Connect Discovery 1.0, section 4: the document must name the issuer that was asked. */
  private async discoverKeysUrl(): Promise<string> {
    const { issuer } = this.settings;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetchBounded(url, { signal: AbortSignal.timeout(KEYS_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    const document = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error(`${url} names the issuer ${String(document.issuer)}`);
    if (typeof document.jwks_uri !== 'string' || !isSecureUrl(document.jwks_uri))
      throw new Error(`${url} names no jwks_uri that is an https URL`);
    return document.jwks_uri;
  }
}
