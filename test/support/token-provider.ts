/** An OpenID provider on a loopback port: its discovery document, its keys, and tokens as a test wants them. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type GenerateKeyPairResult, type JWK } from 'jose';

export interface TokenFlaws {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly keyId?: string;
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  readonly notBeforeIn?: number;
}

const ALGORITHM = 'ES256';

export class TokenProvider {
  /** How often its keys were asked for. */
  keyReads = 0;
  isDown = false;
  /** Instead of its own. */
  keysUrl: string | undefined;
  /** Sent before each answer. */
  padding = '';
  private key: { readonly id: string; readonly pair: GenerateKeyPairResult; readonly jwk: JWK } | undefined;

  private constructor(
    readonly issuer: string,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<TokenProvider> {
    const server = createServer((request, response) => {
      provider.answer(request.url ?? '', response);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const provider = new TokenProvider(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    await provider.rotateKey('first');
    return provider;
  }

  /** From now on its tokens are signed with a new key, and only that one is published. */
  async rotateKey(id: string): Promise<void> {
    const pair = await generateKeyPair(ALGORITHM, { extractable: true });
    this.key = { id, pair, jwk: { ...(await exportJWK(pair.publicKey)), kid: id, alg: ALGORITHM } };
  }

  async token(identity: string | undefined, flaws: TokenFlaws = {}): Promise<string> {
    const { id, pair } = this.key!;
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({
      ...(identity === undefined ? {} : { countersign_identity: identity }),
      nbf: now + (flaws.notBeforeIn ?? 0),
      exp: now + (flaws.expiresIn ?? 300),
      ...flaws.claims,
    })
      .setProtectedHeader({ alg: ALGORITHM, kid: flaws.keyId ?? id })
      .setIssuer(flaws.issuer ?? this.issuer)
      .setAudience(flaws.audience ?? 'https://ledger.acme.example')
      .sign(pair.privateKey);
  }

  private answer(path: string, response: ServerResponse): void {
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': {
        issuer: this.issuer,
        jwks_uri: this.keysUrl ?? `${this.issuer}/keys`,
      },
      '/keys': { keys: [this.key?.jwk] },
    };
    if (path === '/keys') this.keyReads += 1;
    const body = documents[path];
    response.writeHead(this.isDown ? 503 : body === undefined ? 404 : 200, {
      'content-type': 'application/json',
    });
    response.end(this.padding + JSON.stringify(body ?? {}));
  }
}
