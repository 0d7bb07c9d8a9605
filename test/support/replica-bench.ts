/** One replica on the bench: inputs made by hand, effects read by type. Signatures are not looked at: that is verify-message's part. */
import type { Block } from '../../src/protocol/ledger/block.js';
import { hashHeader } from '../../src/protocol/ledger/block-header.js';
import type { QuorumCertificate, VoteKind } from '../../src/protocol/pbft/certificate.js';
import type { Effect } from '../../src/protocol/pbft/effect.js';
import type { Input } from '../../src/protocol/pbft/input.js';
import type { Message, VerifiedMessage } from '../../src/protocol/pbft/message.js';
import { createReplica, type Replica } from '../../src/protocol/pbft/replica.js';
import type { RecoveredState, ReplicaConfig } from '../../src/protocol/pbft/replica-config.js';
import {
  ZERO_DIGEST,
  type BlockHash,
  type ChainId,
  type Digest,
  type PublicKey,
  type ValidatorIndex,
} from '../../src/protocol/primitives/identifiers.js';
import { quorumSize } from '../../src/protocol/primitives/quorum.js';

export const GENESIS = ZERO_DIGEST as string as BlockHash;
export const SIGNATURE = Uint8Array.of(1);

export const testConfig: ReplicaConfig = {
  chainId: ZERO_DIGEST as string as ChainId,
  self: 1,
  epoch: 0,
  validators: Array.from({ length: 4 }, (_, index) => ({
    organisation: `org-${index}`,
    ledgerKey: String(index).repeat(64) as PublicKey,
  })),
  pipelineDepth: 2,
  statusIntervalMs: 400,
  statusCoalesceMs: 50,
  fetchRetryMs: 200,
  progressTimeoutMs: 2_000,
  progressTimeoutMsMax: 16_000,
  silenceTimeoutMs: 3_000,
  rotationBlocks: 0,
  clockDriftMs: 1_000,
  proposalAgeMsMax: 2_000,
};

export const emptyLedger: RecoveredState = {
  executedHeight: 0,
  executedBlockHash: GENESIS,
  executedTimestampMs: 0,
  executedRoot: ZERO_DIGEST,
  certificate: undefined,
  recentBlocks: [],
  certifiedHeight: 0,
  journal: [],
  appliedHeight: 0,
};

/** A block of view 0 by validator 0; `salt` makes another one of the same height. */
export function testBlock(height: number, parentHash: BlockHash, salt = 0, view = 0): Block {
  const header = {
    chainId: testConfig.chainId,
    epoch: 0,
    height,
    originView: view,
    proposer: view % 4,
    parentHash,
    transactionRoot: ZERO_DIGEST,
    transactionCount: salt,
    bodyBytes: 0,
    resultRoot: ZERO_DIGEST,
    validatorsDigest: ZERO_DIGEST,
    nextValidatorsDigest: ZERO_DIGEST,
    timestampMs: height,
    epochFinal: false,
  };
  return { header, hash: hashHeader(header), body: new Uint8Array(0) };
}

/** Blocks 1 to `count`, each on the one before. */
export function testChain(count: number): readonly Block[] {
  const blocks: Block[] = [];
  for (let height = 1; height <= count; height++) {
    blocks.push(testBlock(height, blocks.at(-1)?.hash ?? GENESIS));
  }
  return blocks;
}

export function testCertificate(kind: VoteKind, block: Block, view = 0): QuorumCertificate {
  return {
    kind,
    epoch: 0,
    view,
    height: block.header.height,
    blockHash: block.hash,
    signatures: Array.from({ length: quorumSize(4) }, (_, signer) => ({ signer, signature: SIGNATURE })),
  };
}

export function testRoot(height: number, salt = 0): Digest {
  return (height * 16 + salt).toString(16).padStart(64, '0') as Digest;
}

export class ReplicaBench {
  readonly replica: Replica;
  /** Effects of the last call. */
  effects: readonly Effect[];
  private nowMs = 0;
  private hasWork = false;

  /** A validator is awake at once, unless `wakes` says that the bench sends the echoes. */
  constructor(
    config: Partial<ReplicaConfig> = {},
    recovered: Partial<RecoveredState> = {},
    { wakes = true }: { readonly wakes?: boolean } = {},
  ) {
    const complete = { ...testConfig, ...config };
    this.replica = createReplica(complete, { ...emptyLedger, ...recovered });
    const effects = [...this.replica.start(0)];
    if (wakes && complete.self !== undefined) {
      for (const from of complete.validators.keys()) {
        if (from !== complete.self)
          effects.push(...this.message(from, { type: 'echo', votes: [], change: undefined }));
      }
    }
    this.effects = effects;
  }

  /** From the next tick on a transaction waits, or none. */
  setWork(hasWork: boolean): void {
    this.hasWork = hasWork;
  }

  input(input: Input): readonly Effect[] {
    this.effects = this.replica.step(input);
    this.replica.check();
    return this.effects;
  }

  message(from: ValidatorIndex, message: Message): readonly Effect[] {
    return this.input({ type: 'message', from, message: message as VerifiedMessage, arrivedAtMs: 0 });
  }

  tick(elapsedMs: number): readonly Effect[] {
    this.nowMs += elapsedMs;
    return this.input({
      type: 'tick',
      nowMs: this.nowMs,
      wallMs: this.nowMs,
      mempoolTransactions: 0,
      hasWork: this.hasWork,
    });
  }

  propose(block: Block, from = 0, view = 0): readonly Effect[] {
    return this.message(from, { type: 'prePrepare', epoch: 0, view, block, signature: SIGNATURE });
  }

  approve(block: Block): readonly Effect[] {
    return this.input({ type: 'proposalChecked', blockHash: block.hash, valid: true });
  }

  vote(signer: ValidatorIndex, kind: VoteKind, block: Block, view = 0): readonly Effect[] {
    const { height } = block.header;
    const vote = {
      type: 'vote',
      kind,
      epoch: 0,
      view,
      height,
      blockHash: block.hash,
      signer,
      signature: SIGNATURE,
    } as const;
    return this.message(signer, vote);
  }

  /** Hands back every signature that the last effects asked for. */
  sign(): readonly Effect[] {
    const requests = this.all('sign').map(({ request }) => request);
    const effects = requests.flatMap((request) =>
      this.input({ type: 'signed', request, signature: SIGNATURE }),
    );
    this.effects = effects;
    return effects;
  }

  executed(height: number, root = testRoot(height)): readonly Effect[] {
    return this.input({ type: 'executed', height, root });
  }

  decide(block: Block, from = 0): readonly Effect[] {
    const { header, hash } = block;
    return this.message(from, {
      type: 'decided',
      header,
      blockHash: hash,
      certificate: testCertificate('commit', block),
    });
  }

  /** The last effects of one type. */
  all<Type extends Effect['type']>(type: Type): readonly Extract<Effect, { type: Type }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { type: Type }> => effect.type === type);
  }

  /** Messages that the last effects send, in order. */
  sent(): readonly Message[] {
    return this.all('send').map(({ message }) => message);
  }
}
