/** One process of a validator, through all its lives: its disk, its database, and what the checks want to know of it. */
import type { PeerMessage } from '../../src/node/ports.js';
import type { Block } from '../../src/protocol/ledger/block.js';
import { evidenceSlot, type Evidence } from '../../src/protocol/pbft/evidence.js';
import type { CheckpointCertificate, QuorumCertificate } from '../../src/protocol/pbft/certificate.js';
import type { Epoch, PeerIndex, PublicKey, Signature } from '../../src/protocol/primitives/identifiers.js';
import { timeProblem } from './checks/block-times.js';
import type { Cluster } from './cluster.js';
import { createVoice } from './faults/voices/create-voice.js';
import type { Voice } from './faults/voices/voice.js';
import { NodeLife, type LivingNode } from './node-life.js';
import type { FaultKind } from './options.js';
import { STREAM, type RandomSequence } from './randomness.js';
import { SimulatedDisk } from './twins/simulated-journal.js';
import { seatIn } from './twins/simulated-governance.js';
import { simulatedKey } from './twins/simulated-keyring.js';
import { SimulatedLedger, transactionsOf, type ExecutedResult } from './twins/simulated-ledger.js';

/** A silent validator speaks so long, so that it holds votes and blocks when it falls silent. */
const SILENT_AFTER_MS = 300;
/** The first height whose result a diverging validator gets wrong. */
export const FIRST_DIVERGING_HEIGHT = 3;

export class SimulatedNode implements LivingNode {
  readonly disk = new SimulatedDisk();
  readonly ledger: SimulatedLedger;
  readonly name: string;
  life: NodeLife | undefined;
  /** It has left the validators, and knows that it is needed no more; then as a rule it is gone for good. */
  hasRetired = false;
  private isGone = false;
  private lives = 0;
  private readonly random: RandomSequence;
  private readonly voice: Voice | undefined;

  constructor(
    readonly id: number,
    readonly index: PeerIndex,
    readonly fault: FaultKind | undefined,
    private readonly cluster: Cluster,
  ) {
    this.ledger = new SimulatedLedger(cluster.rules);
    this.name = fault === undefined ? `${index}` : `${index}-${fault}-${id}`;
    this.random = cluster.randomness.sequence(STREAM.crash, id);
    this.voice = createVoice(fault, this, cluster);
  }

  get isUp(): boolean {
    return this.life !== undefined;
  }

  get isCorrect(): boolean {
    return this.fault === undefined;
  }

  boot(): void {
    if (this.life !== undefined || this.isGone) return;
    this.cluster.trace.add(this.name, `boot at height ${this.ledger.height}`);
    this.life = new NodeLife(this, this.cluster, this.lives++);
    this.life.start();
    this.cluster.network.onLife(this, true);
  }

  /** Ends the process; what the disk had not synced may be lost, and the database may be found set back. */
  crash(rollbackBlocks = 0): void {
    if (this.life === undefined) return;
    const { trace } = this.cluster;
    if (this.isCorrect) trace.cover(`crash while ${this.life.replica.view().phase}`);
    this.life.end();
    this.life = undefined;
    const appended = [...this.disk.records];
    this.disk.crash(this.random);
    for (const { type } of appended.slice(this.disk.records.length)) trace.cover(`lost ${type}`);
    this.ledger.setBack(rollbackBlocks);
    if (rollbackBlocks > 0 && this.ledger.height < this.disk.appliedHeight) trace.cover('database set back');
    if (this.fault === 'amnesiac' && this.random.chance(0.5)) this.disk.forget();
    trace.cover('crash');
    trace.add(this.name, `crash, ${this.disk.records.length} records and height ${this.ledger.height} kept`);
    this.cluster.network.onLife(this, false);
  }

  receive(from: PeerIndex, message: PeerMessage): void {
    this.voice?.hear(message);
    this.life?.receive(from, message);
  }

  onConnected(index: PeerIndex, connected: boolean): void {
    this.life?.onConnected(index, connected);
  }

  send(to: PeerIndex | 'all', message: PeerMessage): void {
    if (this.fault === 'silent' && this.cluster.time.nowMs > SILENT_AFTER_MS) return;
    if (this.voice !== undefined) this.voice.say(to, message);
    else this.cluster.network.send(this, to, message);
  }

  sign(epoch: Epoch, bytes: Uint8Array): Signature {
    if (this.isCorrect) {
      const problem = this.cluster.slots.findProblem(this.index, bytes, this.disk);
      if (problem !== undefined) this.cluster.fail(problem);
    }
    return this.cluster.keyring.sign(this.keyIn(epoch), bytes);
  }

  /** The own key in an epoch, as the agreed chain has it. */
  private keyIn(epoch: Epoch): PublicKey {
    const seats = this.cluster.agreement.governance.termsOf(epoch);
    const seat = seats && seatIn(seats, this.index);
    const key = seat === undefined ? undefined : seats?.validators[seat]?.ledgerKey;
    if (key === undefined) this.cluster.fail(`VOICELESS: node ${this.name} signs in epoch ${epoch}`);
    return key ?? simulatedKey(this.index);
  }

  /** PBFT-EPOCH-5 is all that keeps what it knows: its disk and its key are destroyed. */
  onRetired(): void {
    this.cluster.trace.cover('retired');
    this.hasRetired = true;
    if (!this.isCorrect || this.isVoter || this.mayComeBack || !this.random.chance(0.9)) return;
    this.isGone = true;
    this.cluster.time.after(0, () => this.crash());
  }

  private get mayComeBack(): boolean {
    const { changes } = this.cluster.options;
    return changes.some(({ kind, organisation }) => kind === 'join' && organisation === this.index);
  }

  /** True while it has a voice in the last epoch that anybody knows of. */
  get isVoter(): boolean {
    const { governance } = this.cluster.agreement;
    return seatIn(governance.pending ?? governance.latest, this.index) !== undefined;
  }

  /** A block is about to be executed: from here on it is final for the outside world. */
  onFinal(block: Block, certificate: QuorumCertificate): void {
    if (!this.isCorrect) return;
    const { height } = block.header;
    const isFirst = height > this.cluster.agreement.height;
    this.cluster.agreement.onFinal(this.id, block, certificate);
    const isDurable = this.disk.records
      .slice(0, this.disk.durable)
      .some((record) => record.type === 'committed' && record.certificate.height === height);
    if (!isDurable)
      this.cluster.fail(`DURABILITY: node ${this.name} executes ${height} before its record is durable`);
    if (!isFirst) return;
    this.checkTime(block);
    this.report(this.cluster.recovery.onCommit(certificate.view, this.cluster.time.nowMs));
    this.cluster.hooks?.onFirstCommit(this, height);
  }

  private checkTime(block: Block): void {
    const { submitted, time, genesis } = this.cluster;
    const newestAtMs = Math.max(0, ...transactionsOf(block).map((name) => submitted.get(name) ?? 0));
    this.report(timeProblem(block.header, time.nowMs, newestAtMs, genesis.parameters));
  }

  private report(problem: string | undefined): void {
    if (problem !== undefined) this.cluster.fail(problem);
  }

  apply(block: Block, certificate: QuorumCertificate): ExecutedResult {
    if (block.header.height !== this.ledger.height + 1) {
      this.cluster.fail(
        `ORDER: node ${this.name} executes ${block.header.height} after ${this.ledger.height}`,
      );
    }
    const hasDiverged = this.fault === 'diverging' && block.header.height >= FIRST_DIVERGING_HEIGHT;
    const result = this.ledger.apply(block, certificate, hasDiverged ? 1 : 0);
    if (this.isCorrect) this.cluster.agreement.onExecuted(this.id, block.header.height, result.root);
    return result;
  }

  onCertified(certificate: CheckpointCertificate): void {
    if (this.isCorrect) this.cluster.agreement.onCertified(this.id, certificate);
  }

  /** A correct node never says what another correct node must refuse. */
  onRefused(from: PeerIndex, message: PeerMessage): void {
    const sender = this.cluster.options.faulty[from];
    if (sender === undefined) this.cluster.fail(`REFUSED: ${message.type} of correct validator ${from}`);
  }

  /** What a twin asked for may reach the other one, which did not: its anger proves nothing. */
  onDisconnect(index: PeerIndex, reason: string): void {
    if (this.isCorrect && this.cluster.options.faulty[index] === undefined) {
      this.cluster.fail(`CUT OFF: correct validator ${index} by ${this.name}: ${reason}`);
    }
  }

  /** Evidence proves itself, and never against a correct validator. */
  onEvidence(evidence: Evidence): void {
    this.cluster.trace.cover(`evidence ${evidence.type}`);
    const terms = this.cluster.agreement.governance.termsOf(evidence.epoch);
    const offender = terms?.voters[evidence.offender]?.organisation ?? -1;
    if (this.isCorrect && this.cluster.options.faulty[offender] === undefined)
      this.cluster.fail(`ACCUSED: ${evidenceSlot(evidence)} by node ${this.name}`);
  }

  onAmnesia(detail: string): void {
    this.cluster.trace.cover('amnesia noticed');
    if (this.isCorrect) this.cluster.fail(`AMNESIA of node ${this.name}: ${detail}`);
  }

  onQuarantined(height: number): void {
    this.cluster.trace.cover('quarantined');
    if (this.fault !== 'diverging') this.onGrave(`QUARANTINE at height ${height}`);
  }

  /** True when this validator executes wrongly, is up, and does not know it. */
  get isUnawareOfDivergence(): boolean {
    if (this.fault !== 'diverging' || this.ledger.height < FIRST_DIVERGING_HEIGHT) return false;
    return this.life !== undefined && this.life.replica.view().standing !== 'quarantined';
  }

  /** The replica stopped: never right for a correct node while at most f are faulty. */
  onGrave(problem: string): void {
    if (this.isCorrect) this.cluster.fail(`${problem} at node ${this.name}`);
    else this.cluster.time.after(0, () => this.crash());
  }
}
