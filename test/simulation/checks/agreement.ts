/**
 * Watches what correct nodes make final: one chain for all, each certificate valid by this file's own reading of it,
 * every transaction known and at most once, equal results, and nothing executed before its commit record is durable.
 */
import type { ValidatorSet } from '../../../src/protocol/ledger/validator-set.js';
import type { Block } from '../../../src/protocol/ledger/block.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  SignerSignature,
} from '../../../src/protocol/pbft/certificate.js';
import { hexToBytes, utf8ToBytes } from '../../../src/protocol/primitives/bytes.js';
import type { Digest, Height } from '../../../src/protocol/primitives/identifiers.js';
import type { SimulatedGovernance } from '../twins/simulated-governance.js';
import { GENESIS_HASH, transactionsOf } from '../twins/simulated-ledger.js';
import type { SimulatedKeyring } from '../twins/simulated-keyring.js';

const COMMIT_KIND = 3;

/** The bytes of a COMMIT, written down once more: tag, kind, chain, epoch, view, height, hash, 32 zero bytes. */
function commitBytes(chainId: string, certificate: QuorumCertificate): Uint8Array {
  const bytes = new Uint8Array(126);
  const view = new DataView(bytes.buffer);
  bytes.set(utf8ToBytes('PBFT1'));
  bytes[5] = COMMIT_KIND;
  bytes.set(hexToBytes(chainId), 6);
  view.setBigUint64(38, BigInt(certificate.epoch));
  view.setBigUint64(46, BigInt(certificate.view));
  view.setBigUint64(54, BigInt(certificate.height));
  bytes.set(hexToBytes(certificate.blockHash), 62);
  return bytes;
}

function checkpointBytes(origin: string, certificate: CheckpointCertificate): Uint8Array {
  const root = Buffer.from(certificate.root, 'hex').toString('base64');
  return utf8ToBytes(`${origin}\n${certificate.height + 1}\n${root}\n`);
}

export class Agreement {
  /** Entry h is the hash at height h. */
  readonly chain: string[] = [GENESIS_HASH];
  readonly roots = new Map<Height, Digest>();
  readonly heightOf = new Map<string, Height>();
  private readonly checked = new WeakSet<object>();

  constructor(
    private readonly chainId: string,
    private readonly origin: string,
    private readonly keyring: SimulatedKeyring,
    /** Of the agreed chain. */
    readonly governance: SimulatedGovernance,
    private readonly isSubmitted: (transaction: string) => boolean,
    private readonly fail: (problem: string) => void,
  ) {}

  get height(): Height {
    return this.chain.length - 1;
  }

  /** A correct node executes, or holds after a restart, `block` at its height. */
  onFinal(node: number, block: Block, certificate: QuorumCertificate): void {
    const { height } = block.header;
    if (
      certificate.height !== height ||
      certificate.blockHash !== block.hash ||
      certificate.kind !== 'commit'
    ) {
      this.fail(`CERTIFICATE of another block at height ${height} of node ${node}`);
    }
    if (
      this.governance.termsAt(height).epoch !== certificate.epoch ||
      certificate.epoch !== block.header.epoch
    )
      this.fail(`EPOCH: block ${height} of node ${node} is certified in epoch ${certificate.epoch}`);
    this.checkSignatures(
      certificate,
      this.governance.termsAt(height).validators,
      () => commitBytes(this.chainId, certificate),
      `commit ${height} of node ${node}`,
    );
    const known = this.chain[height];
    if (known === undefined) this.extend(block);
    else if (known !== block.hash)
      this.fail(`AGREEMENT at height ${height}: ${known} and ${block.hash} at node ${node}`);
  }

  onExecuted(node: number, height: Height, root: Digest): void {
    const known = this.roots.get(height);
    this.roots.set(height, root);
    if (known !== undefined && known !== root) this.fail(`ROOT at height ${height} of node ${node}`);
  }

  onCertified(node: number, certificate: CheckpointCertificate): void {
    const { height, root } = certificate;
    this.checkSignatures(
      certificate,
      this.governance.termsAt(height).validators,
      () => checkpointBytes(this.origin, certificate),
      `checkpoint ${height} of node ${node}`,
    );
    if (this.roots.get(height) !== root)
      this.fail(`CHECKPOINT of another root at height ${height} of node ${node}`);
  }

  private extend(block: Block): void {
    const { height, parentHash } = block.header;
    if (height !== this.chain.length) this.fail(`GAP: height ${height} after ${this.height}`);
    if (parentHash !== this.chain[height - 1]) this.fail(`PARENT at height ${height}`);
    this.chain[height] = block.hash;
    const transactions = transactionsOf(block);
    const isLast = this.governance.pending?.firstHeight === height + 1;
    if (block.header.epochFinal !== isLast) this.fail(`BARRIER: block ${height} is marked wrongly`);
    this.governance.apply(height, transactions);
    for (const transaction of transactions) {
      if (!this.isSubmitted(transaction))
        this.fail(`VALIDITY: ${transaction} at height ${height} was never submitted`);
      const earlier = this.heightOf.get(transaction);
      if (earlier !== undefined) this.fail(`TWICE: ${transaction} at heights ${earlier} and ${height}`);
      this.heightOf.set(transaction, height);
    }
  }

  private checkSignatures(
    certificate: { readonly signatures: readonly SignerSignature[] },
    validators: ValidatorSet,
    bytes: () => Uint8Array,
    name: string,
  ): void {
    if (this.checked.has(certificate)) return;
    this.checked.add(certificate);
    const signers = new Set(certificate.signatures.map(({ signer }) => signer));
    if (3 * signers.size < 2 * validators.length || signers.size !== certificate.signatures.length) {
      this.fail(`CERTIFICATE without a quorum: ${name}`);
    }
    const message = bytes();
    for (const { signer, signature } of certificate.signatures) {
      const key = validators[signer]?.ledgerKey;
      if (key === undefined || !this.keyring.verify(key, message, signature)) {
        this.fail(`CERTIFICATE with a bad signature of ${signer}: ${name}`);
      }
    }
  }
}
