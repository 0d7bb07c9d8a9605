/** Makes a Nest application serve the API: body parsers, checks, headers, documentation. Call before it listens. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { registerAccessGuard } from './access/access-guard.js';
import { registerAccessLog } from './access/access-log.js';
import { BearerTokens, type OidcSettings } from './access/bearer-tokens.js';
import { createRateLimiter, type RateLimitSettings } from './access/rate-limit.js';
import { RequestSignatures } from './access/request-signatures.js';
import { RequestTarget } from './access/request-target.js';
import { API_PORTS, type ApiPorts } from './api-ports.js';
import { registerContentTypes } from './http/content-types.js';
import { AllowedMethods } from './http/allowed-methods.js';
import { ApiDrain } from './api-drain.js';
import { registerRequestChecks } from './http/request-checks.js';
import { registerResponseHeaders } from './http/response-headers.js';
import type { OperationDeclaration } from './openapi/operation.js';
import { serveDocumentation } from './openapi/serve-documentation.js';

export interface ApiSettings {
  readonly batchBytesMax: number;
  /** Shown as the server in the OpenAPI document, and what signed requests must name. */
  readonly publicUrl?: string | undefined;
  readonly oidc?: OidcSettings | undefined;
  readonly rateLimit: RateLimitSettings;
}

/** How long closing waits for callers that do not read their answers. */
const SLOW_READERS_MS = 5_000;

async function registerAccess(app: NestFastifyApplication, settings: ApiSettings): Promise<void> {
  const instance = app.getHttpAdapter().getInstance();
  const ports = app.get<ApiPorts>(API_PORTS);
  const target = new RequestTarget(settings.publicUrl);
  registerAccessGuard(instance, {
    organisation: ports.organisation,
    signatures: new RequestSignatures({ ...ports, target }),
    tokens: settings.oidc === undefined ? undefined : new BearerTokens(settings.oidc, ports),
    limit: await createRateLimiter(instance, settings.rateLimit),
  });
  registerAccessLog(instance, ports.log);
}

export async function configureApi(app: NestFastifyApplication, settings: ApiSettings): Promise<void> {
  const instance = app.getHttpAdapter().getInstance();
  const allowed = app.get(AllowedMethods);
  instance.addHook('onRoute', (route) => {
    const { operation } = (route.config ?? {}) as { operation?: OperationDeclaration };
    for (const method of [route.method].flat()) allowed.add(route.url, method);
    // A route object is what Fastify gives its plugins to amend.
    if (operation?.bodyLimit === 'batch') Object.assign(route, { bodyLimit: settings.batchBytesMax });
  });
  instance.addHook('preClose', (done) => {
    setTimeout(() => {
      instance.server.closeAllConnections();
    }, SLOW_READERS_MS).unref();
    done();
  });
  registerContentTypes(instance);
  await registerAccess(app, settings);
  registerRequestChecks(instance);
  registerResponseHeaders(instance, app.get(ApiDrain));
  serveDocumentation(app, settings.publicUrl);
}
