/**
 * The recorded validator, alive once more: the real replica with its real key lives through what the recording tells it, and
 * through what a fuzz tells it besides. Its disk, its database and its checks answer at once. Whatever may never happen is found
 * here.
 */
import { decodeJournalRecord, encodeJournalRecord } from '../../src/journal/journal-record-bytes.js';
import type { Effect } from '../../src/protocol/pbft/effect.js';
import type { Input } from '../../src/protocol/pbft/input.js';
import type { Message, VerifiedMessage } from '../../src/protocol/pbft/message.js';
import { createReplicaOn, type Replica } from '../../src/protocol/pbft/replica.js';
import type { ReplicaView } from '../../src/protocol/pbft/replica-report.js';
import { signBytes } from '../../src/protocol/pbft/sign-bytes.js';
import { createReplicaState, type ReplicaState } from '../../src/protocol/pbft/state/replica-state.js';
import type { BlockHash, Height, ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';
import { SimulatedDisk } from '../simulation/twins/simulated-journal.js';
import { SimulatedLedger } from '../simulation/twins/simulated-ledger.js';
import { findOverflow } from '../support/pbft/held-sizes.js';
import { signAs, VALIDATORS } from './consortium.js';
import type { Recording } from './recording.js';

/** One step answers one message, and may set free everything that waited within the window. */
const EFFECTS_BASE_MAX = 64;
const EFFECTS_EACH_MAX = 24;

/** Something that no input may bring about. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

export class LiveReplica {
  replica!: Replica;
  state!: ReplicaState;
  readonly disk = new SimulatedDisk();
  /** What its peers would answer it: bodies that it asks for, and decisions that it lacks. */
  readonly replies: { readonly from: ValidatorIndex; readonly message: Message }[] = [];
  /** Lives that ended because more than f validators were faulty, or because it had forgotten something. */
  ends = 0;
  private readonly ledger: SimulatedLedger;
  private readonly final = new Map<Height, BlockHash>();
  private readonly waiting: Effect[] = [];
  private isPerforming = false;
  /** How far its peers have come. */
  private peersHeight: Height = 0;
  private nowMs = 0;
  private readonly effectsMax: number;

  /** `isOneFaulty`: only one validator lies, so that what is final is what the recorded run agreed on. */
  constructor(
    private readonly recording: Recording,
    private readonly isOneFaulty: boolean,
  ) {
    const { pipelineDepth } = recording.options;
    this.ledger = new SimulatedLedger({ founders: VALIDATORS, validatorsMin: VALIDATORS, pipelineDepth });
    this.effectsMax = EFFECTS_BASE_MAX + EFFECTS_EACH_MAX * recording.options.pipelineDepth;
    this.boot();
  }

  /**
   * A new life with what disk and database have kept. In a recorded one time begins anew, and its peers echo what they echoed;
   * otherwise they have nothing to say.
   */
  boot(isRecorded = false): void {
    if (isRecorded) this.nowMs = 0;
    const { consortium, options, self } = this.recording;
    const { genesis } = consortium;
    const journal = this.disk.records.map((record) => {
      const kept = decodeJournalRecord(encodeJournalRecord(record));
      if (kept === undefined) throw new Finding(`the record ${record.type} cannot be read again`);
      return kept;
    });
    const recovered = this.ledger.recover(self, journal, 3 * options.pipelineDepth, this.disk.appliedHeight);
    this.state = createReplicaState(
      {
        ...options,
        chainId: genesis.chainId,
        self,
        epoch: 0,
        validators: genesis.validators,
        clockDriftMs: genesis.parameters.clockDriftMs,
        proposalAgeMsMax: genesis.parameters.proposalAgeMsMax,
      },
      recovered,
    );
    this.replica = createReplicaOn(this.state, recovered);
    this.replies.length = 0;
    this.waiting.length = 0;
    this.perform(this.replica.start(this.nowMs));
    if (isRecorded) return;
    for (let from = 0; from < VALIDATORS; from++) {
      const message = { type: 'echo', epoch: 0, votes: [], change: undefined } as unknown as VerifiedMessage;
      this.step({ type: 'message', from, message, arrivedAtMs: 0 });
    }
  }

  /** Lets it live through what was recorded. */
  liveThrough(input: Input): void {
    if (input.type === 'message' && input.message.type === 'status')
      this.peersHeight = Math.max(this.peersHeight, input.message.committedHeight);
    this.step(input);
  }

  /** Lets it handle one input and everything that its own node answers. Throws a Finding. */
  step(input: Input): void {
    if (input.type === 'tick') this.nowMs = input.nowMs;
    this.handle(input);
    const overflow = findOverflow(this.state);
    if (overflow.length > 0) throw new Finding(overflow.join(', '));
  }

  /** A replica that has halted, or has found that it forgot something, stops for good; the fuzz goes on with another life. */
  replaceWhenEnded(): void {
    const { standing } = this.replica.view();
    if (standing === 'voting' || standing === 'waking') return;
    this.ends += 1;
    if (standing === 'observing') this.disk.forget();
    this.boot();
  }

  /** Blocks that it has executed. */
  get height(): Height {
    return this.ledger.height;
  }

  private handle(input: Input): void {
    const before = this.replica.view();
    const effects = this.replica.step(input);
    this.replica.check();
    this.checkStep(before, this.replica.view(), effects);
    this.perform(effects);
  }

  private checkStep(before: ReplicaView, after: ReplicaView, effects: readonly Effect[]): void {
    if (effects.length > this.effectsMax) throw new Finding(`${effects.length} effects of one step`);
    if (after.committedHeight < before.committedHeight) throw new Finding('it has gone back behind a commit');
    if (after.view < before.view) throw new Finding('it has gone back to a view that it had left');
    if (after.committedHeight === before.committedHeight && after.committedHash !== before.committedHash)
      throw new Finding(`another block is committed at height ${after.committedHeight}`);
    if (this.isOneFaulty && after.standing === 'halted') throw new Finding('one liar has made it halt');
  }

  /** In the order in which they were asked for, those that an answer brings about after all others. */
  private perform(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.type === 'append') this.disk.append(effect.record);
    this.disk.durable = this.disk.records.length;
    this.waiting.push(...effects);
    if (this.isPerforming) return;
    this.isPerforming = true;
    try {
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift())
        this.performOne(next);
    } finally {
      this.isPerforming = false;
    }
  }

  private performOne(effect: Effect): void {
    const { consortium, faulty, self } = this.recording;
    const { chainId, origin } = consortium.genesis;
    switch (effect.type) {
      case 'sign': {
        const { request } = effect;
        this.handle({
          type: 'signed',
          request,
          signature: signAs(self, signBytes(request, chainId, origin)),
        });
        return;
      }
      case 'checkProposal':
        this.answerCheck(effect);
        return;
      case 'execute':
        this.execute(effect);
        return;
      case 'checkpointCertified':
        this.ledger.saveCheckpoint(effect.certificate);
        return;
      case 'catchUp':
        this.catchUp(effect);
        return;
      case 'send':
        this.answerAsPeer(effect);
        return;
      case 'evidence':
        if (this.isOneFaulty && effect.evidence.offender !== faulty)
          throw new Finding(`validator ${effect.evidence.offender} is accused, who is correct`);
        return;
      default:
    }
  }

  /** The recorded peers hear nothing of this life. What they hold of the chain they would send to whoever lacks it. */
  private answerAsPeer({ to, message }: Extract<Effect, { type: 'send' }>): void {
    const { bodies, chain, self } = this.recording;
    if (message.type === 'fetchBlock' && to !== 'all') {
      const block = bodies.get(message.blockHash);
      if (block !== undefined) this.replies.push({ from: to, message: { type: 'blockReply', block } });
    }
    if (message.type !== 'status' || message.committedHeight >= this.peersHeight) return;
    const next = chain.get(message.committedHeight + 1);
    if (next === undefined) return;
    const { block, certificate } = next;
    const { header, hash: blockHash } = block;
    this.replies.push({
      from: (self + 1) % VALIDATORS,
      message: { type: 'decided', header, blockHash, certificate },
    });
  }

  private answerCheck({ block }: Extract<Effect, { type: 'checkProposal' }>): void {
    const lagged = Math.max(0, block.header.height - this.recording.options.pipelineDepth);
    const valid = block.header.resultRoot === this.ledger.rootAt(lagged);
    this.handle({ type: 'proposalChecked', blockHash: block.hash, valid });
  }

  private execute({ block, certificate }: Extract<Effect, { type: 'execute' }>): void {
    const { height } = block.header;
    const known =
      this.final.get(height) ?? (this.isOneFaulty ? this.recording.chain.get(height)?.block.hash : undefined);
    if (known !== undefined && known !== block.hash)
      throw new Finding(`another block is final at height ${height}`);
    if (height !== this.ledger.height + 1)
      throw new Finding(`height ${height} is executed after ${this.ledger.height}`);
    this.final.set(height, block.hash);
    this.handle({ type: 'executed', height, root: this.ledger.apply(block, certificate).root });
  }

  /** Block sync, from what the recorded run has agreed on. */
  private catchUp({ fromHeight, provenHeight }: Extract<Effect, { type: 'catchUp' }>): void {
    const last = Math.min(provenHeight, fromHeight + 3 * this.recording.options.pipelineDepth - 1);
    for (let height = fromHeight; height <= last; height++) {
      const next = this.recording.chain.get(height);
      if (next === undefined) return;
      this.handle({ type: 'synced', ...next });
    }
  }
}
