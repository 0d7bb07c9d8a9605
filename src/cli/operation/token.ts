/**
 * `token show`: what a token of the organisation's provider says, and what the settings of a node make of it. Offline: the
 * signature is for the node to check (`whoami`). The token itself is never printed.
 */
import { Command } from 'commander';
import type { Configuration } from '../../config/configuration.js';
import { loadConfiguration } from '../../config/load-configuration.js';
import { processEnvironment } from '../../config/process-environment.js';
import { isIdentityName } from '../../protocol/ledger/identity.js';
import { UsageError, VerificationError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { formatTable, terminalOf } from '../terminal.js';

type OidcSettings = NonNullable<Configuration['rest']['oidc']>;
type JsonObject = Readonly<Record<string, unknown>>;

interface Token {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

interface ShowOptions {
  readonly config?: string;
}

const TOKEN_BYTES_MAX = 64 * 1024;
const DATES = new Set(['exp', 'nbf', 'iat', 'auth_time']);

function malformed(what: string): VerificationError {
  return new VerificationError('TOKEN_INVALID', `${what}; a token is HEADER.CLAIMS.SIGNATURE (RFC 7519)`);
}

function decodePart(part: string, name: string): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below, with what is not JSON at all.
  }
  throw malformed(`the ${name} of the token is no JSON object`);
}

function decodeToken(bytes: Uint8Array): Token {
  if (bytes.length > TOKEN_BYTES_MAX) throw malformed(`the file has more than ${TOKEN_BYTES_MAX} bytes`);
  const [line = ''] = new TextDecoder().decode(bytes).split('\n');
  const parts = line.trim().split('.');
  const [header = '', claims = ''] = parts;
  if (parts.length !== 3) throw malformed(`the first line has ${parts.length} parts with "." between them`);
  return { header: decodePart(header, 'header'), claims: decodePart(claims, 'claims') };
}

interface Flaw {
  readonly code: string;
  readonly detail: string;
}

/** Seconds (RFC 7519, 2: NumericDate). */
function timeFlaws({ exp, nbf }: JsonObject, nowSeconds: number, tolerance: number): readonly Flaw[] {
  const flaws: Flaw[] = [];
  if (typeof exp !== 'number') flaws.push({ code: 'TOKEN_INVALID', detail: 'it has no "exp"' });
  else if (exp <= nowSeconds - tolerance)
    flaws.push({ code: 'TOKEN_EXPIRED', detail: `it expired ${Math.floor(nowSeconds - exp)} s ago` });
  if (nbf !== undefined && typeof nbf !== 'number')
    flaws.push({ code: 'TOKEN_INVALID', detail: 'its "nbf" is no number' });
  else if (nbf !== undefined && nbf > nowSeconds + tolerance)
    flaws.push({
      code: 'TOKEN_NOT_YET_VALID',
      detail: `it becomes valid in ${Math.ceil(nbf - nowSeconds)} s`,
    });
  return flaws;
}

function identityOf(claims: JsonObject, { identityClaim, identities }: OidcSettings): string | undefined {
  const value = claims[identityClaim];
  if (typeof value !== 'string') return undefined;
  const name = identities === undefined ? value : identities[value];
  return name !== undefined && isIdentityName(name) ? name : undefined;
}

/** What a node with these settings would refuse, before it looks at the signature and the ledger. */
function settingsFlaws({ header, claims }: Token, settings: OidcSettings): readonly Flaw[] {
  const { issuer, audience, algorithms, identityClaim } = settings;
  const meantFor = Array.isArray(claims['aud']) ? (claims['aud'] as unknown[]) : [claims['aud']];
  const flaws: Flaw[] = [];
  if (!(algorithms as readonly unknown[]).includes(header['alg']))
    flaws.push({
      code: 'TOKEN_ALGORITHM_REFUSED',
      detail: `it is signed with ${String(header['alg'])}, the node takes ${algorithms.join(', ')}`,
    });
  if (claims['iss'] !== issuer)
    flaws.push({ code: 'TOKEN_ISSUER_WRONG', detail: `its issuer is not ${issuer}` });
  if (!meantFor.includes(audience))
    flaws.push({ code: 'TOKEN_AUDIENCE_WRONG', detail: `it is not meant for ${audience}` });
  if (identityOf(claims, settings) === undefined)
    flaws.push({
      code: 'TOKEN_IDENTITY_UNKNOWN',
      detail: `its claim "${identityClaim}" names no identity`,
    });
  return flaws;
}

function oidcOf(config: string): OidcSettings {
  const { oidc } = loadConfiguration(processEnvironment(), config).configuration.rest;
  if (oidc === undefined)
    throw new UsageError(`${config} has no rest.oidc: a node with these settings takes no tokens`);
  return oidc;
}

function describeValue(name: string, value: unknown): string {
  if (DATES.has(name) && typeof value === 'number' && Math.abs(value) < 8.64e12)
    return `${new Date(value * 1_000).toISOString()} (${value})`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function rowsOf({ header, claims }: Token): readonly (readonly string[])[] {
  const rows = (part: string, object: JsonObject) =>
    Object.entries(object).map(([name, value]) => [`${part} ${name}`, describeValue(name, value)]);
  return [...rows('header', header), ...rows('claim', claims)];
}

function showCommand(): Command {
  return new Command('show')
    .description(
      'show what a token says, and with --config what the node would make of it; trusts no signature',
    )
    .argument('<file>', 'file with the token in its first line, or - for standard input')
    .option('--config <file>', "the node's configuration file")
    .action(async (file: string, { config }: ShowOptions, command: Command) => {
      const token = decodeToken(await readInput(file));
      const settings = config === undefined ? undefined : oidcOf(config);
      const flaws = [
        ...timeFlaws(token.claims, Date.now() / 1_000, settings?.clockToleranceSeconds ?? 0),
        ...(settings === undefined ? [] : settingsFlaws(token, settings)),
      ];
      const identity = settings === undefined ? undefined : identityOf(token.claims, settings);
      const terminal = terminalOf(command);
      terminal.data({ ...token, ...(identity === undefined ? {} : { identity }), flaws }, () =>
        formatTable(
          ['FIELD', 'VALUE'],
          [...rowsOf(token), ...(identity === undefined ? [] : [['names identity', identity]])],
        ),
      );
      const [first] = flaws;
      if (first !== undefined)
        throw new VerificationError(
          first.code,
          `it is not taken: ${flaws.map(({ detail }) => detail).join('; ')}`,
        );
      terminal.message('The signature was not looked at; "countersign whoami --token-file" asks the node.');
    });
}

export function tokenCommand(): Command {
  return new Command('token')
    .description("tokens of the organisation's OpenID provider")
    .addCommand(showCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign token show token.txt --config acme/countersign.yaml
  countersign whoami --token-file token.txt --url https://ledger.acme.example`,
    );
}
