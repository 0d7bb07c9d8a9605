/**
 * One real replica on the bench: messages go the way that they go in a node (filter, signatures, step), and what the replica
 * asks to sign is signed with its real key. Its clock, its disk and the other parts of the node are in the hands of the test.
 */
import type { Block } from '../../../src/protocol/ledger/block.js';
import { primaryOf } from '../../../src/protocol/ledger/validator-set.js';
import type { VoteKind } from '../../../src/protocol/pbft/certificate.js';
import type { Effect, JournalRecord, SignRequest, TraceKind } from '../../../src/protocol/pbft/effect.js';
import type { Input } from '../../../src/protocol/pbft/input.js';
import type { Message } from '../../../src/protocol/pbft/message.js';
import { createReplicaOn, type Replica } from '../../../src/protocol/pbft/replica.js';
import type { RecoveredState, ReplicaConfig } from '../../../src/protocol/pbft/replica-config.js';
import { createReplicaState, type ReplicaState } from '../../../src/protocol/pbft/state/replica-state.js';
import { verifyMessage } from '../../../src/protocol/pbft/verify-message.js';
import { ZERO_DIGEST, type ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
import {
  certificateOf,
  decidedOf,
  echoOf,
  genesis,
  GENESIS_HASH,
  messageContext,
  proposalOf,
  signAs,
  suspectOf,
  testRoot,
  voteOf,
} from './signed-messages.js';

export const testConfig: ReplicaConfig = {
  chainId: genesis.chainId,
  self: 1,
  epoch: 0,
  validators: genesis.validators,
  pipelineDepth: genesis.parameters.pipelineDepth,
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

const emptyLedger: RecoveredState = {
  executedHeight: 0,
  executedBlockHash: GENESIS_HASH,
  executedTimestampMs: 0,
  executedRoot: ZERO_DIGEST,
  certificate: undefined,
  recentBlocks: [],
  certifiedHeight: 0,
  journal: [],
  appliedHeight: 0,
};

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>;
type MessageOf<Type extends Message['type']> = Extract<Message, { type: Type }>;

/** What became of a message: the filter dropped it, the checks refused it for a reason, or the replica has taken it. */
export type Verdict = 'taken' | 'unwanted' | `refused: ${string}`;

export class ReplicaBench {
  readonly replica: Replica;
  /** What the replica knows; for tests that measure it. */
  readonly state: ReplicaState;
  /** Effects of the last call. */
  effects: readonly Effect[];
  /** Every record of this life, in the order of the journal. */
  readonly journal: JournalRecord[] = [];
  /** Every effect of this life. */
  private readonly performed: Effect[] = [];
  nowMs = 0;
  private hasWork = false;

  /** A validator is awake at once, unless `wakes` says that the test sends the echoes. */
  constructor(
    config: Partial<ReplicaConfig> = {},
    recovered: Partial<RecoveredState> = {},
    { wakes = true }: { readonly wakes?: boolean } = {},
  ) {
    const complete = { ...testConfig, ...config };
    const found = { ...emptyLedger, ...recovered };
    this.state = createReplicaState(complete, found);
    this.replica = createReplicaOn(this.state, found);
    const effects = [...this.kept(this.replica.start(0))];
    if (wakes && complete.self !== undefined) {
      for (const from of this.peers()) effects.push(...this.message(from, echoOf()));
    }
    this.effects = effects;
  }

  /** From the next tick on a transaction waits, or none. */
  setWork(hasWork: boolean): void {
    this.hasWork = hasWork;
  }

  input(input: Input): readonly Effect[] {
    this.effects = this.kept(this.replica.step(input));
    this.replica.check();
    return this.effects;
  }

  /** A message arrives, as it does in a node. */
  receive(from: ValidatorIndex, message: Message): Verdict {
    this.effects = [];
    if (!this.replica.wants(from, message)) return 'unwanted';
    const verified = verifyMessage(message, from, messageContext);
    if (!verified.ok) return `refused: ${verified.rejection.message}`;
    this.input({ type: 'message', from, message: verified.value, arrivedAtMs: this.nowMs });
    return 'taken';
  }

  /** The same for tests that look at the effects; none when it was not taken. */
  message(from: ValidatorIndex, message: Message): readonly Effect[] {
    this.receive(from, message);
    return this.effects;
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
    return this.message(from, proposalOf(block, view));
  }

  approve(block: Block): readonly Effect[] {
    return this.input({ type: 'proposalChecked', blockHash: block.hash, valid: true });
  }

  refuse(block: Block, reason = 'not ours'): readonly Effect[] {
    return this.input({ type: 'proposalChecked', blockHash: block.hash, valid: false, reason });
  }

  vote(signer: ValidatorIndex, kind: VoteKind, block: Block, view = 0): readonly Effect[] {
    return this.message(signer, voteOf(signer, kind, block, view));
  }

  /** Hands back every signature that the last effects asked for. */
  sign(): readonly Effect[] {
    this.effects = this.all('sign').flatMap(({ request }) => this.signed(request));
    return this.effects;
  }

  /** Hands back the signature that was asked for by `request`. */
  signed(request: SignRequest): readonly Effect[] {
    const { self } = this.state.config;
    if (self === undefined) throw new Error('an observer has no key');
    return this.input({ type: 'signed', request, signature: signAs(self, request) });
  }

  executed(height: number, root = testRoot(height)): readonly Effect[] {
    return this.input({ type: 'executed', height, root });
  }

  decide(block: Block, from = 0, view = 0): readonly Effect[] {
    return this.message(from, decidedOf(block, view));
  }

  /** Carries out the steps that `act` takes, and keeps the effects of all of them. */
  together(act: () => void): readonly Effect[] {
    const first = this.performed.length;
    act();
    this.effects = this.performed.slice(first);
    return this.effects;
  }

  /** The replica accepts `block` in `view` and signs its PREPARE. */
  accept(block: Block, view = 0): readonly Effect[] {
    return this.together(() => {
      this.propose(block, primaryOf(this.state.config.validators.length, 0, view), view);
      this.approve(block);
      this.sign();
    });
  }

  /** The same, and so many others prepare it that the replica asks for its COMMIT. */
  prepare(block: Block, view = 0): readonly Effect[] {
    return this.together(() => {
      this.accept(block, view);
      for (const peer of this.peers().slice(0, this.state.quorum - 1))
        this.vote(peer, 'prepare', block, view);
    });
  }

  /** Everybody else suspects the primary of `view`, so the replica leaves it. */
  leave(view = 0): readonly Effect[] {
    return this.together(() => {
      for (const peer of this.peers()) this.message(peer, suspectOf(peer, view));
    });
  }

  /** Catch-up brings a block that a quorum has committed in `view`. */
  synced(block: Block, view = 0): readonly Effect[] {
    return this.input({ type: 'synced', block, certificate: certificateOf('commit', block, view) });
  }

  /** The last effects of one type. */
  all<Type extends Effect['type']>(type: Type): readonly EffectOf<Type>[] {
    return this.effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
  }

  /** Messages that the last effects send, in order. */
  sent(): readonly Message[] {
    return this.all('send').map(({ message }) => message);
  }

  /** Those of one type. */
  sentOf<Type extends Message['type']>(type: Type): readonly MessageOf<Type>[] {
    return this.sent().filter((message): message is MessageOf<Type> => message.type === type);
  }

  /** Types of what the last effects ask to sign. */
  signing(): readonly SignRequest['type'][] {
    return this.all('sign').map(({ request }) => request.type);
  }

  /** What the last effects note for people. */
  traced(): readonly TraceKind[] {
    return this.all('trace').map(({ kind }) => kind);
  }

  /** All validators but this one. */
  peers(): readonly ValidatorIndex[] {
    const { self, validators } = this.state.config;
    return [...validators.keys()].filter((index) => index !== self);
  }

  private kept(effects: readonly Effect[]): readonly Effect[] {
    this.performed.push(...effects);
    for (const effect of effects) if (effect.type === 'append') this.journal.push(effect.record);
    return effects;
  }
}
