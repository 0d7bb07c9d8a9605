/**
 * Collects the ES256 signatures of Q validators over one root of the result log. Asked are those that have a key on the ledger
 * and a stream; what is complete is kept for the newest heights, so that one collection serves many receipts.
 */
import { verifyEs256 } from '../../protocol/crypto/es256.js';
import { compareStrings } from '../../protocol/primitives/bytes.js';
import type { Digest, Height, OrganisationName, PeerIndex } from '../../protocol/primitives/identifiers.js';
import { quorumSize } from '../../protocol/primitives/quorum.js';
import { receiptSigningBytes } from '../../protocol/proof/cose/cose-receipt.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { Roster } from '../members/roster.js';
import type { Clock, PeerNetwork, ReceiptSignature, ReceiptSignatureResponse } from '../ports.js';
import type { MissingSignature } from '../use-cases.js';
import type { CredentialDirectory } from './credential-directory.js';
import type { ReceiptSignatureServer } from './receipt-signature-server.js';

const ANSWER_TIMEOUT_MS = 2_000;
/** Heights for which signatures are kept; the lowest gives way. */
const KEPT_HEIGHTS_MAX = 64;
/** Heights for which signatures are being collected; one more is refused. */
const OPEN_HEIGHTS_MAX = 16;

export interface OrganisationSignature extends ReceiptSignature {
  readonly organisation: OrganisationName;
}

/** Ascending by organisation, Q of them. */
export interface SignedRoot {
  readonly height: Height;
  readonly root: Digest;
  readonly signatures: readonly OrganisationSignature[];
}

export type Collected =
  | ({ readonly kind: 'complete' } & SignedRoot)
  | {
      readonly kind: 'incomplete';
      readonly needed: number;
      readonly signed: readonly OrganisationName[];
      readonly missing: readonly MissingSignature[];
    };

export interface ReceiptSignaturesPorts {
  /** Own organisation; `undefined` for an observer, which can ask nobody. */
  readonly member: OrganisationName | undefined;
  readonly origin: string;
  readonly epochs: Pick<EpochHistory, 'termsAt'>;
  readonly roster: Pick<Roster, 'peerOf' | 'organisationOf'>;
  readonly credentials: Pick<CredentialDirectory, 'signingKeys' | 'isSigningKey'>;
  readonly server: Pick<ReceiptSignatureServer, 'sign'>;
  readonly network: Pick<PeerNetwork, 'send' | 'connected'>;
  readonly clock: Clock;
}

/** One root, while it is asked for. */
class Collection {
  readonly signatures = new Map<OrganisationName, OrganisationSignature>();
  readonly missing = new Map<OrganisationName, MissingSignature['reason']>();
  private settle: () => void = () => undefined;
  /** Settles when Q have signed, everybody has answered, or the time is over. */
  readonly settled = new Promise<void>((resolve) => {
    this.settle = resolve;
  });

  constructor(
    readonly height: Height,
    readonly root: Digest,
    readonly validators: readonly OrganisationName[],
  ) {}

  get needed(): number {
    return quorumSize(this.validators.length);
  }

  waitsFor(organisation: OrganisationName): boolean {
    return (
      this.validators.includes(organisation) &&
      !this.signatures.has(organisation) &&
      !this.missing.has(organisation)
    );
  }

  onSigned(signature: OrganisationSignature): void {
    this.signatures.set(signature.organisation, signature);
    this.look();
  }

  onMissing(organisation: OrganisationName, reason: MissingSignature['reason']): void {
    this.missing.set(organisation, reason);
    this.look();
  }

  end(): void {
    for (const organisation of this.validators)
      if (this.waitsFor(organisation)) this.missing.set(organisation, 'silent');
    this.settle();
  }

  private look(): void {
    const isOver = !this.validators.some((organisation) => this.waitsFor(organisation));
    if (isOver || this.signatures.size >= this.needed) this.settle();
  }

  result(): Collected {
    const { height, root, needed } = this;
    const ascending = [...this.signatures.values()].sort((one, two) =>
      compareStrings(one.organisation, two.organisation),
    );
    if (ascending.length >= needed)
      return { kind: 'complete', height, root, signatures: ascending.slice(0, needed) };
    const signed = ascending.map(({ organisation }) => organisation);
    const missing = [...this.missing].map(([organisation, reason]) => ({ organisation, reason }));
    return { kind: 'incomplete', needed, signed, missing };
  }
}

export class ReceiptSignatures {
  private readonly open = new Map<Height, { readonly of: Collection; readonly result: Promise<Collected> }>();
  private readonly kept = new Map<Height, SignedRoot>();

  constructor(private readonly ports: ReceiptSignaturesPorts) {}

  /** The newest signatures that are held, for a tree that has the leaf `height`, by keys that all sign still. */
  async held(height: Height): Promise<SignedRoot | undefined> {
    const newest = Math.max(...this.kept.keys());
    const signed = newest >= height ? this.kept.get(newest) : undefined;
    if (signed === undefined) return undefined;
    for (const { organisation, publicKey } of signed.signatures) {
      if (await this.ports.credentials.isSigningKey(organisation, publicKey, signed.height)) continue;
      this.kept.delete(newest);
      return undefined;
    }
    return signed;
  }

  /** Rejects as the credentials do. */
  collect(height: Height, root: Digest): Promise<Collected> {
    const running = this.open.get(height);
    if (running !== undefined) return running.result;
    const { validators } = this.ports.epochs.termsAt(height);
    const names = validators.map(({ organisation }) => organisation);
    const collection = new Collection(height, root, names);
    const refusal =
      this.ports.member === undefined ? 'observer' : this.open.size >= OPEN_HEIGHTS_MAX ? 'busy' : undefined;
    if (refusal !== undefined) {
      for (const name of names) collection.onMissing(name, refusal);
      return Promise.resolve(collection.result());
    }
    const result = this.run(collection).finally(() => {
      this.open.delete(height);
    });
    this.open.set(height, { of: collection, result });
    return result;
  }

  /** What is wrong with an answer that no correct peer gives; `undefined` when it is right, or of no use. */
  async onResponse(from: PeerIndex, response: ReceiptSignatureResponse): Promise<string | undefined> {
    const { roster, credentials, origin } = this.ports;
    const organisation = roster.organisationOf(from);
    const collection = this.open.get(response.height)?.of;
    if (organisation === undefined || collection?.root !== response.root) return undefined;
    if (!collection.waitsFor(organisation)) return undefined;
    const { signed, height, root } = response;
    // Its ledger may be ahead of this one: a key that is unknown here is no offence.
    if (signed === undefined || !(await credentials.isSigningKey(organisation, signed.publicKey, height))) {
      collection.onMissing(organisation, 'declined');
      return undefined;
    }
    const { publicKey, signature } = signed;
    if (!verifyEs256(publicKey, receiptSigningBytes({ organisation, publicKey, origin }, root), signature)) {
      collection.onMissing(organisation, 'declined');
      return `${organisation} signed the root of height ${height} wrongly for a COSE receipt`;
    }
    collection.onSigned({ organisation, ...signed });
    return undefined;
  }

  /** Answers who waits, with what there is. */
  stop(): void {
    for (const { of } of this.open.values()) of.end();
  }

  private async run(collection: Collection): Promise<Collected> {
    const { clock } = this.ports;
    const cancel = clock.schedule(ANSWER_TIMEOUT_MS, () => {
      collection.end();
    });
    try {
      await this.ask(collection);
      await collection.settled;
    } finally {
      cancel();
    }
    const result = collection.result();
    if (result.kind === 'complete') this.keep(result);
    return result;
  }

  private async ask(collection: Collection): Promise<void> {
    const { member, roster, credentials, network, server } = this.ports;
    const { height, root } = collection;
    const connected = new Set(network.connected());
    for (const organisation of collection.validators) {
      const keys = await credentials.signingKeys(organisation, height);
      const peer = roster.peerOf(organisation);
      if (keys.length === 0) collection.onMissing(organisation, 'noKey');
      else if (organisation === member) {
        const signed = await server.sign(height, root);
        if (signed === undefined) collection.onMissing(organisation, 'declined');
        else collection.onSigned({ organisation, ...signed });
      } else if (peer === undefined || !connected.has(peer))
        collection.onMissing(organisation, 'unreachable');
      else network.send(peer, { type: 'receiptSignatureRequest', height, root });
    }
  }

  private keep({ height, root, signatures }: SignedRoot): void {
    this.kept.set(height, { height, root, signatures });
    if (this.kept.size > KEPT_HEIGHTS_MAX) this.kept.delete(Math.min(...this.kept.keys()));
  }
}
