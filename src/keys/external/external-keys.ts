/** Keys that an external signer holds: the node's process never has them. */
import type { IdentityKeys, Signer } from '../../node/ports.js';
import type { SignatureVerifier } from '../../protocol/crypto/signature-verifier.js';
import type { PublicKey, Signature } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { IDENTITY_KEY_PREFIX } from '../file-keystore.js';
import type { SignerConnection } from './signer-connection.js';
import { MESSAGES_PER_REQUEST_MAX, type SignerKey } from './signer-messages.js';

class ExternalSigner implements Signer {
  constructor(
    readonly publicKey: PublicKey,
    private readonly connection: SignerConnection,
    private readonly verifier: SignatureVerifier,
    private readonly isOfCallers: boolean,
  ) {}

  stall(): string | undefined {
    return this.connection.stall();
  }

  /** A wrong signature would cost the vote and look like a lie to the others, so each is checked. */
  async sign(messages: readonly Uint8Array[]): Promise<readonly Signature[]> {
    const signatures: Signature[] = [];
    for (let from = 0; from < messages.length; from += MESSAGES_PER_REQUEST_MAX)
      signatures.push(...(await this.signSome(messages.slice(from, from + MESSAGES_PER_REQUEST_MAX))));
    return signatures;
  }

  private async signSome(messages: readonly Uint8Array[]): Promise<readonly Signature[]> {
    const { publicKey, connection, verifier } = this;
    const answer = await connection.ask({ method: 'sign', publicKey, messages }, this.isOfCallers);
    const signatures = 'signatures' in answer ? answer.signatures : [];
    const isRight = (message: Uint8Array, index: number): boolean => {
      const signature = signatures[index];
      return signature !== undefined && verifier.verify(publicKey, message, signature);
    };
    if (signatures.length === messages.length && messages.every(isRight)) return signatures;
    const what = `${signatures.length} signatures for ${messages.length} messages`;
    throw new LedgerError(
      'SIGNER_WRONG',
      `the external signer gave ${what}, not all by the key ${publicKey}`,
    );
  }
}

export class ExternalKeys implements IdentityKeys {
  private readonly signers = new Map<PublicKey, Signer>();

  constructor(
    private readonly connection: SignerConnection,
    private readonly verifier: SignatureVerifier,
  ) {}

  /** Throws SIGNER_REFUSED, KEY_NOT_FOUND. Waits while the signer is away. */
  async ledgerSigner(ledgerKey: string): Promise<Signer> {
    const key = (await this.list()).find(({ name }) => name === ledgerKey);
    if (key !== undefined) return this.signerOf(key.publicKey, false);
    throw new LedgerError('KEY_NOT_FOUND', `the external signer has no key "${ledgerKey}"`);
  }

  /** The ledger key is never given for an identity's. */
  async find(publicKey: PublicKey): Promise<Signer | undefined> {
    const known = this.signers.get(publicKey);
    if (known !== undefined) return known;
    const keys = (await this.list()).filter(({ name }) => name.startsWith(IDENTITY_KEY_PREFIX));
    if (!keys.some((key) => key.publicKey === publicKey)) return undefined;
    const signer = this.signerOf(publicKey, true);
    this.signers.set(publicKey, signer);
    return signer;
  }

  private signerOf(publicKey: PublicKey, isOfCallers: boolean): Signer {
    return new ExternalSigner(publicKey, this.connection, this.verifier, isOfCallers);
  }

  private async list(): Promise<readonly SignerKey[]> {
    const answer = await this.connection.ask({ method: 'keys' }, true);
    if ('keys' in answer) return answer.keys;
    throw new LedgerError(
      'SIGNER_WRONG',
      'the external signer was asked for its keys and gave something else',
    );
  }
}
