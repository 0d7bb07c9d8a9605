/**
 * A few real replicas without time, chance or threads: a script decides which message arrives when, which journal is
 * synced and who crashes. Everything that happens is written down in words (test/scenarios/transcripts).
 */
import type { Block } from '../../src/protocol/ledger/block.js';
import type { Effect, ProposalRequest } from '../../src/protocol/pbft/effect.js';
import type { Input } from '../../src/protocol/pbft/input.js';
import type { Message, VerifiedMessage } from '../../src/protocol/pbft/message.js';
import { createReplica, type Replica } from '../../src/protocol/pbft/replica.js';
import type { ViewChange } from '../../src/protocol/pbft/view-change.js';
import type { BlockHash, ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';
import { MessageCheck } from '../simulation/twins/message-check.js';
import { SimulatedDisk } from '../simulation/twins/simulated-journal.js';
import { SimulatedKeyring } from '../simulation/twins/simulated-keyring.js';
import { SimulatedLedger } from '../simulation/twins/simulated-ledger.js';
import { describeEffect, describeMessage, BlockNames } from './describe.js';
import {
  CHAIN_ID,
  ORIGIN,
  forgeNewView,
  forgeProposal,
  forgeVote,
  scriptedBlock,
  sign,
} from './forgeries.js';

/** A message on its way. */
export interface Envelope {
  readonly from: ValidatorIndex;
  readonly to: ValidatorIndex;
  readonly message: Message;
}

interface Member {
  readonly index: ValidatorIndex;
  readonly disk: SimulatedDisk;
  readonly ledger: SimulatedLedger;
  replica: Replica | undefined;
  request: ProposalRequest | undefined;
  /** Effects that wait for a held journal. */
  readonly unsynced: Effect[];
  readonly executions: Extract<Effect, { type: 'execute' }>[];
  readonly checks: Extract<Effect, { type: 'checkProposal' }>[];
  nowMs: number;
  hasWork: boolean;
}

/** What a script can hold back at a replica, until it is released. */
export type Holdable = 'journal' | 'execution' | 'check';

export class ScriptedCluster {
  readonly onTheWay: Envelope[] = [];
  private readonly members: readonly Member[];
  private readonly keyring: SimulatedKeyring;
  private readonly check: MessageCheck;
  private readonly names = new BlockNames();
  private readonly held = new Set<string>();
  private readonly lines: string[] = [];
  /** The last view change that each validator has sent. */
  private readonly told = new Map<ValidatorIndex, ViewChange>();
  private readonly mirrors = new Set<ValidatorIndex>();

  constructor(
    count: number,
    private readonly pipelineDepth: number,
    private readonly rotationBlocks = 0,
  ) {
    this.keyring = new SimulatedKeyring(1, count);
    const { validators } = this.keyring;
    this.check = new MessageCheck({
      chainId: CHAIN_ID,
      origin: ORIGIN,
      pipelineDepth,
      verifier: this.keyring,
      validatorsIn: (epoch) => (epoch === 0 ? validators : undefined),
      isInEpoch: (_height, epoch) => epoch === 0,
    });
    this.members = this.keyring.validators.map((_, index) => ({
      index,
      disk: new SimulatedDisk(),
      ledger: new SimulatedLedger({ founders: count, validatorsMin: count, pipelineDepth }),
      replica: undefined,
      request: undefined,
      unsynced: [],
      executions: [],
      checks: [],
      nowMs: 0,
      hasWork: false,
    }));
    for (const member of this.members) this.boot(member.index);
  }

  /** What happened since the last call, a line each. */
  takeLines(): readonly string[] {
    return this.lines.splice(0);
  }

  /** Starts a replica. Nobody echoes anything unless it is to wait for what the others really say. */
  boot(index: ValidatorIndex, isLeftWaking = false): void {
    const member = this.member(index);
    const recovered = member.ledger.recover(
      index,
      [...member.disk.records],
      3 * this.pipelineDepth,
      member.disk.appliedHeight,
    );
    const replica = createReplica(
      {
        chainId: CHAIN_ID,
        self: index,
        epoch: 0,
        validators: this.keyring.validators,
        pipelineDepth: this.pipelineDepth,
        statusIntervalMs: 500,
        statusCoalesceMs: 1_000_000,
        fetchRetryMs: 200,
        progressTimeoutMs: 2_000,
        progressTimeoutMsMax: 16_000,
        silenceTimeoutMs: 10_000,
        rotationBlocks: this.rotationBlocks,
        clockDriftMs: 1_000,
        proposalAgeMsMax: 1_000_000,
      },
      recovered,
    );
    member.replica = replica;
    this.perform(member, replica.start(member.nowMs));
    if (isLeftWaking) return;
    for (const { index: from } of this.members) {
      const message = { type: 'echo', epoch: 0, votes: [], change: undefined } as unknown as VerifiedMessage;
      if (from !== index) this.input(index, { type: 'message', from, message, arrivedAtMs: 0 });
    }
  }

  /** From the next tick on a transaction waits at that replica. */
  giveWork(index: ValidatorIndex): void {
    this.member(index).hasWork = true;
  }

  /** The node of a replica wants another primary. */
  distrust(index: ValidatorIndex): void {
    const view = this.member(index).replica?.view().view ?? 0;
    this.input(index, { type: 'distrust', view, reason: 'censorship' });
  }

  /** Ends a replica; what its held journal has not synced is lost, with every effect that waited for it. */
  crash(index: ValidatorIndex): void {
    const member = this.member(index);
    member.replica = undefined;
    member.request = undefined;
    member.disk.records.length = member.disk.durable;
    for (const list of [member.unsynced, member.executions, member.checks]) list.length = 0;
    this.lines.push(`${index} keeps ${member.disk.durable} records and height ${member.ledger.height}`);
  }

  /** The database of a replica that is down is found in an older state. */
  setBack(index: ValidatorIndex, blocks: number): void {
    this.member(index).ledger.setBack(blocks);
  }

  /** The journal drops the records of heights that the database has. */
  truncate(index: ValidatorIndex): void {
    const { disk, ledger } = this.member(index);
    disk.truncate(ledger.height);
  }

  /** The journal of a replica that is down is lost. */
  forget(index: ValidatorIndex): void {
    this.member(index).disk.forget();
  }

  hold(what: Holdable, index: ValidatorIndex): void {
    this.held.add(`${what} ${index}`);
  }

  release(what: Holdable, index: ValidatorIndex): void {
    this.held.delete(`${what} ${index}`);
    const member = this.member(index);
    if (what === 'journal') {
      member.disk.durable = member.disk.records.length;
      this.perform(member, member.unsynced.splice(0));
    } else if (what === 'execution') {
      for (const effect of member.executions.splice(0)) this.execute(member, effect);
    } else {
      for (const effect of member.checks.splice(0)) this.answerCheck(member, effect, true);
    }
  }

  /** Answers the held check of a replica with no. */
  refuse(index: ValidatorIndex): void {
    this.held.delete(`check ${index}`);
    const member = this.member(index);
    for (const effect of member.checks.splice(0)) this.answerCheck(member, effect, false);
  }

  /** Answers the open proposal request of a replica. */
  propose(index: ValidatorIndex, transactions: readonly string[]): void {
    const member = this.member(index);
    const { request } = member;
    if (request === undefined) {
      this.lines.push(`${index} has no open request`);
      return;
    }
    member.request = undefined;
    this.input(index, { type: 'proposalBuilt', block: this.createBlock(index, request, transactions) });
  }

  /** A proposal that the primary's key signs, behind the back of its replica. */
  forgeProposal(
    height: number,
    parentHash: BlockHash,
    transactions: readonly string[],
    to: readonly ValidatorIndex[],
  ): void {
    const message = forgeProposal(this.keyring, height, parentHash, transactions);
    this.names.add(message.block);
    this.sendForged(message.block.header.proposer, to, message);
  }

  /** A vote that a validator's key signs, behind the back of its replica. */
  forgeVote(
    signer: ValidatorIndex,
    kind: 'prepare' | 'commit',
    height: number,
    blockName: string,
    to: readonly ValidatorIndex[],
  ): void {
    const message = forgeVote(this.keyring, signer, kind, height, this.names.hashOf(blockName));
    this.sendForged(signer, to, message);
  }

  /** A new view over what `signers` have told, but for their tips. */
  forgeNewView(view: number, signers: readonly ValidatorIndex[], to: readonly ValidatorIndex[]): void {
    const told = signers.map((signer) => {
      const change = this.told.get(signer);
      if (change?.view !== view) throw new RangeError(`${signer} has told nothing about view ${view}`);
      return change;
    });
    this.sendForged(view % this.size, to, forgeNewView(this.keyring, view, told));
  }

  private sendForged(from: ValidatorIndex, to: readonly ValidatorIndex[], message: Message): void {
    for (const receiver of to) this.onTheWay.push({ from, to: receiver, message });
  }

  /** From now on whatever reaches that replica goes back to where it came from, too. */
  reflect(index: ValidatorIndex): void {
    this.mirrors.add(index);
  }

  hashOf(blockName: string): BlockHash {
    return this.names.hashOf(blockName);
  }

  deliver(envelope: Envelope): void {
    const { from, to, message } = envelope;
    const { replica } = this.member(to);
    if (this.mirrors.has(to)) this.onTheWay.push({ from: to, to: from, message });
    const what = `${from} → ${to} ${describeMessage(message, this.names)}`;
    if (replica === undefined) {
      this.lines.push(`${what}: down`);
      return;
    }
    if (!replica.wants(from, message)) {
      this.lines.push(`${what}: unwanted`);
      return;
    }
    const verified = this.check.verify(message, from);
    this.lines.push(verified === undefined ? `${what}: refused` : what);
    if (verified !== undefined) this.input(to, { type: 'message', from, message: verified, arrivedAtMs: 0 });
  }

  tick(index: ValidatorIndex, elapsedMs: number): void {
    const member = this.member(index);
    member.nowMs += elapsedMs;
    if (member.replica !== undefined) {
      const { nowMs, hasWork } = member;
      this.input(index, { type: 'tick', nowMs, wallMs: nowMs, mempoolTransactions: 0, hasWork });
    }
  }

  connect(index: ValidatorIndex, peer: ValidatorIndex): void {
    this.input(index, { type: 'peer', index: peer, connected: true });
  }

  describeHeights(index: ValidatorIndex): string {
    const view = this.member(index).replica?.view();
    if (view === undefined) return `${index} down`;
    const { executedHeight, committedHeight, preparedHeight, acceptedHeight, certifiedHeight } = view;
    const heights = `executed ${executedHeight} committed ${committedHeight} prepared ${preparedHeight} accepted ${acceptedHeight}`;
    const where = `certified ${certifiedHeight} at ${this.names.nameOf(view.committedHash)}`;
    return `${index} ${view.standing} v${view.view} ${view.phase} ${heights} ${where}`;
  }

  get size(): number {
    return this.members.length;
  }

  private member(index: ValidatorIndex): Member {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no replica ${index}`);
    return member;
  }

  private createBlock(
    index: ValidatorIndex,
    request: ProposalRequest,
    transactions: readonly string[],
  ): Block {
    const block = scriptedBlock(index, request, transactions);
    this.names.add(block);
    return block;
  }

  private input(index: ValidatorIndex, input: Input): void {
    const member = this.member(index);
    const { replica } = member;
    if (replica === undefined) return;
    const effects = replica.step(input);
    replica.check();
    this.perform(member, effects);
  }

  private perform(member: Member, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'append') continue;
      member.disk.append(effect.record);
      this.lines.push(`${member.index} ${describeEffect(effect, this.names)}`);
    }
    if (this.held.has(`journal ${member.index}`)) {
      member.unsynced.push(...effects.filter(({ type }) => type !== 'append'));
      return;
    }
    member.disk.durable = member.disk.records.length;
    for (const effect of effects) this.performOne(member, effect);
  }

  private performOne(member: Member, effect: Effect): void {
    const { index } = member;
    if (effect.type !== 'append' && effect.type !== 'trace') {
      this.lines.push(`${index} ${describeEffect(effect, this.names)}`);
    }
    switch (effect.type) {
      case 'sign': {
        const signature = sign(this.keyring, index, effect.request);
        this.input(index, { type: 'signed', request: effect.request, signature });
        return;
      }
      case 'send': {
        if (effect.message.type === 'viewChange') this.told.set(index, effect.message.change);
        const receivers = effect.to === 'all' ? this.members.map((peer) => peer.index) : [effect.to];
        for (const to of receivers) {
          if (to !== index) this.onTheWay.push({ from: index, to, message: effect.message });
        }
        return;
      }
      case 'requestProposal':
        member.request = effect.request;
        return;
      case 'checkProposal':
        if (this.held.has(`check ${index}`)) member.checks.push(effect);
        else this.answerCheck(member, effect, true);
        return;
      case 'execute':
        if (this.held.has(`execution ${index}`)) member.executions.push(effect);
        else this.execute(member, effect);
        return;
      case 'checkpointCertified':
        member.ledger.saveCheckpoint(effect.certificate);
        return;
      default:
    }
  }

  private answerCheck(
    member: Member,
    effect: Extract<Effect, { type: 'checkProposal' }>,
    valid: boolean,
  ): void {
    this.input(member.index, { type: 'proposalChecked', blockHash: effect.block.hash, valid });
  }

  private execute(member: Member, { block, certificate }: Extract<Effect, { type: 'execute' }>): void {
    const { root } = member.ledger.apply(block, certificate);
    this.input(member.index, { type: 'executed', height: block.header.height, root });
  }
}
