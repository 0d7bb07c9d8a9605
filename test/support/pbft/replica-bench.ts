/**
 * One real replica on the bench: messages go the way that they go in a node (filter, signatures, step), and what the replica
 * asks to sign is signed with its real key. Its clock, its disk and the other parts of the node are in the hands of the test.
 */
import type { Block } from '../../../src/protocol/ledger/block.js';
import type { MessageContext, VoteKind } from '../../../src/protocol/pbft/certificate.js';
import type { Effect, JournalRecord, SignRequest, TraceKind } from '../../../src/protocol/pbft/effect.js';
import type { EpochSeats } from '../../../src/protocol/pbft/epoch-seats.js';
import type { Input } from '../../../src/protocol/pbft/input.js';
import type { Message } from '../../../src/protocol/pbft/message.js';
import { createReplicaOn, type Replica } from '../../../src/protocol/pbft/replica.js';
import type { RecoveredState, ReplicaConfig } from '../../../src/protocol/pbft/replica-config.js';
import { createReplicaState, type ReplicaState } from '../../../src/protocol/pbft/state/replica-state.js';
import { verifyMessage } from '../../../src/protocol/pbft/verify-message.js';
import {
  ZERO_DIGEST,
  type PeerIndex,
  type ValidatorIndex,
} from '../../../src/protocol/primitives/identifiers.js';
import type { EpochVoices } from './epoch-voices.js';
import { contextOf, founders, genesis, GENESIS_HASH, testRoot } from './signed-messages.js';

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

export interface BenchOptions {
  /** A validator is awake at once, unless the test sends the echoes. */
  readonly wakes?: boolean;
  /** Epochs that there are, oldest first. */
  readonly epochs?: readonly EpochVoices[];
  /** Own peer index; that of its place unless said otherwise. */
  readonly peer?: PeerIndex | undefined;
}

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
  private readonly epochs: readonly EpochVoices[];
  private readonly peer: PeerIndex | undefined;

  constructor(
    config: Partial<ReplicaConfig> = {},
    recovered: Partial<RecoveredState> = {},
    { wakes = true, epochs = [founders], peer }: BenchOptions = {},
  ) {
    const complete = { ...testConfig, ...config };
    this.epochs = epochs;
    this.peer = peer ?? complete.self;
    const found = { ...emptyLedger, ...recovered };
    this.state = createReplicaState(complete, found);
    this.replica = createReplicaOn(this.state, found);
    const effects = [...this.kept(this.replica.start(0))];
    if (wakes && complete.self !== undefined) {
      for (const from of this.peers()) effects.push(...this.message(from, this.voices().echoOf()));
    }
    this.effects = effects;
  }

  /** From the next tick on a transaction waits, or none. */
  setWork(hasWork: boolean): void {
    this.hasWork = hasWork;
  }

  /** Those who vote in an epoch, the present one unless said otherwise. */
  voices(epoch = this.state.epoch): EpochVoices {
    const voices = this.epochs.find((each) => each.epoch === epoch);
    if (voices === undefined) throw new Error(`no validators are known of epoch ${epoch}`);
    return voices;
  }

  /** As a node knows it: an epoch from when it is scheduled. */
  private context(): MessageContext {
    const latest = this.state.pending?.epoch ?? this.state.epoch;
    return contextOf(this.epochs.filter(({ epoch }) => epoch <= latest));
  }

  input(input: Input): readonly Effect[] {
    this.effects = this.kept(this.replica.step(input));
    this.replica.check();
    return this.effects;
  }

  /** A message arrives, as it does in a node. */
  receive(from: PeerIndex, message: Message): Verdict {
    this.effects = [];
    if (!this.replica.wants(from, message)) return 'unwanted';
    const verified = verifyMessage(message, this.replica.seatOf(from), this.context());
    if (!verified.ok) return `refused: ${verified.rejection.message}`;
    this.input({ type: 'message', from, message: verified.value, arrivedAtMs: this.nowMs });
    return 'taken';
  }

  /** The same for tests that look at the effects; none when it was not taken. */
  message(from: PeerIndex, message: Message): readonly Effect[] {
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

  /** From the primary of the view, unless said otherwise. */
  propose(block: Block, from?: PeerIndex, view = 0): readonly Effect[] {
    const voices = this.voices(block.header.epoch);
    const primary = voices.voters[voices.primaryIn(view)]!.peer;
    return this.message(from ?? primary, voices.proposalOf(block, view));
  }

  approve(block: Block): readonly Effect[] {
    return this.input({ type: 'proposalChecked', blockHash: block.hash, valid: true });
  }

  refuse(block: Block, reason = 'not ours'): readonly Effect[] {
    return this.input({ type: 'proposalChecked', blockHash: block.hash, valid: false, reason });
  }

  vote(signer: ValidatorIndex, kind: VoteKind, block: Block, view = 0): readonly Effect[] {
    const voices = this.voices(block.header.epoch);
    return this.message(voices.voters[signer]!.peer, voices.voteOf(signer, kind, block, view));
  }

  /** Hands back every signature that the last effects asked for. */
  sign(): readonly Effect[] {
    this.effects = this.all('sign').flatMap(({ request }) => this.signed(request));
    return this.effects;
  }

  /** Hands back the signature that was asked for by `request`. */
  signed(request: SignRequest): readonly Effect[] {
    const voices = this.voices(request.epoch);
    const self = voices.placeOf(this.peer ?? -1);
    if (self === undefined) throw new Error(`it has no key in epoch ${request.epoch}`);
    return this.input({ type: 'signed', request, signature: voices.signAs(self, request) });
  }

  executed(height: number, root = testRoot(height), scheduled?: EpochSeats): readonly Effect[] {
    return this.input({ type: 'executed', height, root, scheduled });
  }

  decide(block: Block, from = 0, view = 0): readonly Effect[] {
    return this.message(from, this.voices(block.header.epoch).decidedOf(block, view));
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
      this.propose(block, undefined, view);
      this.approve(block);
      this.sign();
    });
  }

  /** The same, and so many others prepare it that the replica asks for its COMMIT. */
  prepare(block: Block, view = 0): readonly Effect[] {
    return this.together(() => {
      this.accept(block, view);
      for (const place of this.others().slice(0, this.state.quorum - 1))
        this.vote(place, 'prepare', block, view);
    });
  }

  /** Everybody else suspects the primary of `view`, so the replica leaves it. */
  leave(view = 0): readonly Effect[] {
    return this.together(() => {
      const voices = this.voices();
      for (const place of this.others())
        this.message(voices.voters[place]!.peer, voices.suspectOf(place, view));
    });
  }

  /** Catch-up brings a block that a quorum has committed in `view`. */
  synced(block: Block, view = 0): readonly Effect[] {
    const certificate = this.voices(block.header.epoch).certificateOf('commit', block, view);
    return this.input({ type: 'synced', block, certificate });
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

  /** Places of all validators but this one. */
  others(): readonly ValidatorIndex[] {
    const { self, validators } = this.state.seats;
    return [...validators.keys()].filter((index) => index !== self);
  }

  /** The peers at these places. */
  peers(): readonly PeerIndex[] {
    return this.others().map((place) => this.state.seats.peers[place]!);
  }

  private kept(effects: readonly Effect[]): readonly Effect[] {
    this.performed.push(...effects);
    for (const effect of effects) if (effect.type === 'append') this.journal.push(effect.record);
    return effects;
  }
}
