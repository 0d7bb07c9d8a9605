/**
 * Drives one replica: a batch of inputs is stepped, its journal records are made durable once, then its effects are
 * performed in order (the contract of protocol/pbft/effect.ts, PBFT-GATE-1). The only caller of `step`.
 */
import type { Effect, SignRequest } from '../protocol/pbft/effect.js';
import type { Input } from '../protocol/pbft/input.js';
import type { Replica } from '../protocol/pbft/replica.js';
import { signBytes } from '../protocol/pbft/sign-bytes.js';
import type { ChainId, Epoch } from '../protocol/primitives/identifiers.js';
import type { Clock, Journal, NodeObserver, PeerNetwork, Signer } from './ports.js';

/** Inputs stepped before their records are synced: bounds the delay of the first vote of a batch. */
const BATCH_INPUTS_MAX = 256;
/** Inputs that wait while the journal is slow; a peer's message beyond them is dropped, and Status brings it again. */
const INPUTS_MAX = 20_000;

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>;

/** Who carries out the effects that are neither journal, signature nor message; to throw is to fail. */
export interface EffectHandlers {
  requestProposal(effect: EffectOf<'requestProposal'>): void;
  checkProposal(effect: EffectOf<'checkProposal'>): void;
  execute(effect: EffectOf<'execute'>): void;
  checkpointCertified(effect: EffectOf<'checkpointCertified'>): void;
  catchUp(effect: EffectOf<'catchUp'>): void;
  evidence(effect: EffectOf<'evidence'>): void;
  amnesia(effect: EffectOf<'amnesia'>): void;
  quarantine(effect: EffectOf<'quarantine'>): void;
  epochBegun(effect: EffectOf<'epochBegun'>): void;
  retired(effect: EffectOf<'retired'>): void;
  halt(effect: EffectOf<'halt'>): void;
  /** The journal, the signer or an invariant failed: the process must end. */
  fail(error: unknown): void;
}

export interface ReplicaLoopPorts {
  readonly replica: Replica;
  readonly chainId: ChainId;
  readonly origin: string;
  /** The key of this organisation in an epoch; `undefined` where it has no voice and is asked for no signature. */
  readonly signerIn: (epoch: Epoch) => Signer | undefined;
  readonly journal: Journal;
  readonly network: Pick<PeerNetwork, 'send'>;
  readonly clock: Clock;
  readonly observer: Pick<NodeObserver, 'onTrace' | 'onPeerMessageRefused'>;
  readonly handlers: EffectHandlers;
}

export class ReplicaLoop {
  private inputs: Input[] = [];
  private running = false;
  private stopped = false;

  constructor(private readonly ports: ReplicaLoopPorts) {}

  /** Queues an input; bounded: ticks that wait merge, answers come once for each effect, messages have a limit. */
  enqueue(input: Input): void {
    if (this.stopped) return;
    if (input.type === 'message' && this.inputs.length >= INPUTS_MAX) {
      this.ports.observer.onPeerMessageRefused(input.from, 'OVERLOADED');
      return;
    }
    if (input.type === 'tick' && this.inputs.at(-1)?.type === 'tick') this.inputs.pop();
    this.inputs.push(input);
    if (this.running) return;
    this.running = true;
    void Promise.resolve().then(() => this.run());
  }

  /** Carries out the effects of `replica.start`. */
  start(): void {
    this.running = true;
    void this.carryOut(this.ports.replica.start(this.ports.clock.monotonicMs())).then(() => this.run());
  }

  stop(): void {
    this.stopped = true;
    this.inputs = [];
  }

  private async run(): Promise<void> {
    while (this.inputs.length > 0 && !this.stopped) {
      const batch = this.inputs.splice(0, BATCH_INPUTS_MAX);
      const effects: Effect[] = [];
      try {
        for (const input of batch) for (const effect of this.ports.replica.step(input)) effects.push(effect);
      } catch (error) {
        this.fail(error);
        return;
      }
      await this.carryOut(effects);
    }
    this.running = false;
  }

  private async carryOut(effects: readonly Effect[]): Promise<void> {
    try {
      await this.makeDurable(effects);
      const signRequests: SignRequest[] = [];
      for (const effect of effects) {
        if (this.isStopped()) return;
        if (effect.type === 'sign') signRequests.push(effect.request);
        else this.perform(effect);
      }
      for (const epoch of new Set(signRequests.map((request) => request.epoch))) {
        if (this.isStopped()) return;
        this.sign(
          epoch,
          signRequests.filter((request) => request.epoch === epoch),
        );
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** `stopped` may change while an effect is performed, which control flow analysis does not see. */
  private isStopped(): boolean {
    return this.stopped;
  }

  private async makeDurable(effects: readonly Effect[]): Promise<void> {
    const { journal } = this.ports;
    let appended = false;
    for (const effect of effects) {
      if (effect.type !== 'append') continue;
      journal.append(effect.record);
      appended = true;
    }
    if (appended) await journal.sync();
  }

  private sign(epoch: Epoch, requests: readonly SignRequest[]): void {
    const { signerIn, chainId, origin } = this.ports;
    const signer = signerIn(epoch);
    if (signer === undefined) {
      this.fail(new Error('a replica without a key asked for a signature'));
      return;
    }
    signer.sign(requests.map((request) => signBytes(request, chainId, origin))).then(
      (signatures) => {
        requests.forEach((request, index) => {
          const signature = signatures[index];
          if (signature !== undefined) this.enqueue({ type: 'signed', request, signature });
          else this.fail(new Error(`the signer gave ${signatures.length} of ${requests.length} signatures`));
        });
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
  }

  private perform(effect: Exclude<Effect, { type: 'sign' }>): void {
    const { handlers, network, observer } = this.ports;
    switch (effect.type) {
      case 'append':
        return;
      case 'send':
        network.send(effect.to, effect.message);
        return;
      case 'trace':
        observer.onTrace(effect);
        return;
      case 'requestProposal':
        handlers.requestProposal(effect);
        return;
      case 'checkProposal':
        handlers.checkProposal(effect);
        return;
      case 'execute':
        handlers.execute(effect);
        return;
      case 'checkpointCertified':
        handlers.checkpointCertified(effect);
        return;
      case 'catchUp':
        handlers.catchUp(effect);
        return;
      case 'evidence':
        handlers.evidence(effect);
        return;
      case 'amnesia':
        handlers.amnesia(effect);
        return;
      case 'quarantine':
        handlers.quarantine(effect);
        return;
      case 'epochBegun':
        handlers.epochBegun(effect);
        return;
      case 'retired':
        handlers.retired(effect);
        return;
      case 'halt':
        handlers.halt(effect);
        return;
    }
  }

  private fail(error: unknown): void {
    if (this.stopped) return;
    this.stop();
    this.ports.handlers.fail(error);
  }
}
