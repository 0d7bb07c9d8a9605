import { describe, expect, it } from '@jest/globals';
import { sampleDigest, sampleRecord } from '../../test/support/journal-samples.js';
import { createRecordingObserver } from '../../test/support/recording-observer.js';
import { settlePromises, SimulatedClock } from '../../test/support/simulated-clock.js';
import { testGenesis, testSeed } from '../../test/support/signed-transactions.js';
import { ed25519Verifier, publicKeyOfSeed, signMessage } from '../protocol/crypto/ed25519.js';
import type { Effect, SignRequest } from '../protocol/pbft/effect.js';
import type { Input } from '../protocol/pbft/input.js';
import type { VerifiedMessage } from '../protocol/pbft/message.js';
import type { Replica } from '../protocol/pbft/replica.js';
import { signBytes } from '../protocol/pbft/sign-bytes.js';
import type { Journal, Signer } from './ports.js';
import { ReplicaLoop, type EffectHandlers } from './replica-loop.js';

const genesis = testGenesis();
const seed = testSeed('acme');

const append: Effect = { type: 'append', record: sampleRecord(1, 'prepared') };
const send: Effect = {
  type: 'send',
  to: 'all',
  message: { type: 'fetchBlock', blockHash: genesis.chainId as never },
};
const request: SignRequest = { type: 'checkpoint', epoch: 0, height: 3, root: sampleDigest(3) };
const sign: Effect = { type: 'sign', request };
const halt: Effect = { type: 'halt', reason: 'CONFLICTING_COMMIT_CERTIFICATE', detail: 'height 1' };
const execute: Effect = {
  type: 'execute',
  block: { header: {}, hash: 'x', body: new Uint8Array(0) } as never,
  certificate: {} as never,
};

const tick = (nowMs: number): Input => ({
  type: 'tick',
  nowMs,
  wallMs: nowMs,
  mempoolTransactions: 0,
  hasWork: false,
});
const executed = (height: number): Input => ({ type: 'executed', height, root: sampleDigest(height) });

/** A replica that answers each input with what the test says; the journal's syncs end when the test lets them. */
function bench(answers: (input: Input) => readonly Effect[], options: { readonly signer?: Signer } = {}) {
  const seen: string[] = [];
  const inputs: Input[] = [];
  const syncs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const failures: unknown[] = [];
  const failing = { append: false, execute: false };
  const note =
    (text: string): (() => void) =>
    () => {
      seen.push(text);
    };
  const journal = {
    append: () => {
      if (failing.append) throw new Error('the journal is full');
      seen.push('append');
    },
    sync: () => {
      seen.push('sync');
      return new Promise<void>((resolve, reject) => {
        syncs.push({
          resolve: () => {
            seen.push('durable');
            resolve();
          },
          reject,
        });
      });
    },
  } as unknown as Journal;
  const signer: Signer = options.signer ?? {
    publicKey: publicKeyOfSeed(seed),
    sign: (messages) => {
      seen.push(`sign ${messages.length}`);
      return Promise.resolve(messages.map((message) => signMessage(seed, message)));
    },
  };
  const handlers: EffectHandlers = {
    requestProposal: note('requestProposal'),
    checkProposal: note('checkProposal'),
    execute: () => {
      if (failing.execute) throw new Error('the body does not match its header');
      seen.push('execute');
    },
    checkpointCertified: note('checkpointCertified'),
    catchUp: note('catchUp'),
    evidence: note('evidence'),
    amnesia: note('amnesia'),
    quarantine: note('quarantine'),
    epochBegun: note('epochBegun'),
    retired: note('retired'),
    halt: () => {
      seen.push('halt');
      loop.stop();
    },
    fail: (error) => failures.push(error),
  };
  const replica = {
    start: () => [append, send],
    step: (input: Input) => {
      inputs.push(input);
      return answers(input);
    },
  } as unknown as Replica;
  const observer = createRecordingObserver();
  const loop: ReplicaLoop = new ReplicaLoop({
    replica,
    chainId: genesis.chainId,
    origin: genesis.origin,
    signerIn: () => signer,
    journal,
    network: { send: note('send') },
    clock: new SimulatedClock(),
    observer,
    handlers,
  });
  return { loop, seen, inputs, syncs, failures, failing, observer };
}

describe('ReplicaLoop', () => {
  it('says, signs and executes nothing before the records of the batch are durable', async () => {
    const { loop, seen, syncs } = bench((input) =>
      input.type === 'executed' ? [sign, append, send, execute, append] : [],
    );
    loop.enqueue(executed(1));
    loop.enqueue(executed(2));
    await settlePromises();
    expect(seen).toEqual(['append', 'append', 'append', 'append', 'sync']);
    syncs[0]!.resolve();
    await settlePromises();
    expect(seen.slice(5)).toEqual(['durable', 'send', 'execute', 'send', 'execute', 'sign 2']);
  });

  it('performs the effects of `start` under the same gate, before the first input is stepped', async () => {
    const { loop, seen, inputs, syncs } = bench(() => []);
    loop.start();
    loop.enqueue(executed(1));
    await settlePromises();
    expect([seen, inputs]).toEqual([['append', 'sync'], []]);
    syncs[0]!.resolve();
    await settlePromises();
    expect(seen.slice(2)).toEqual(['durable', 'send']);
    expect(inputs).toEqual([executed(1)]);
  });

  it('does not sync for a batch without records', async () => {
    const { loop, seen } = bench(() => [send]);
    loop.enqueue(executed(1));
    await settlePromises();
    expect(seen).toEqual(['send']);
  });

  it('steps what arrived during a sync as one batch with one sync', async () => {
    const { loop, seen, inputs, syncs } = bench(() => [append]);
    for (const height of [1, 2, 3]) {
      loop.enqueue(executed(height));
      await settlePromises();
    }
    expect([inputs.length, syncs.length]).toEqual([1, 1]);
    syncs[0]!.resolve();
    await settlePromises();
    expect([inputs.length, syncs.length]).toEqual([3, 2]);
    expect(seen.filter((step) => step === 'append')).toHaveLength(3);
  });

  it('hands signatures back as inputs, made over the bytes of the request', async () => {
    const { loop, inputs } = bench((input) => (input.type === 'executed' ? [sign] : []));
    loop.enqueue(executed(3));
    await settlePromises();
    const answer = inputs[1];
    expect(answer).toMatchObject({ type: 'signed', request });
    if (answer?.type !== 'signed') throw new Error('no signature came');
    const bytes = signBytes(request, genesis.chainId, genesis.origin);
    expect(ed25519Verifier.verify(publicKeyOfSeed(seed), bytes, answer.signature)).toBe(true);
  });

  it('ends when the journal fails, and performs nothing of the batch', async () => {
    const { loop, seen, syncs, failures, inputs } = bench(() => [append, send, sign]);
    loop.enqueue(executed(1));
    await settlePromises();
    syncs[0]!.reject(new Error('the disk is gone'));
    await settlePromises();
    loop.enqueue(executed(2));
    await settlePromises();
    expect(failures).toEqual([new Error('the disk is gone')]);
    expect([seen, inputs.length]).toEqual([['append', 'sync'], 1]);
  });

  it('ends when a record cannot be appended', async () => {
    const { loop, seen, failures, failing } = bench(() => [append, send]);
    failing.append = true;
    loop.enqueue(executed(1));
    await settlePromises();
    expect([seen, failures]).toEqual([[], [new Error('the journal is full')]]);
  });

  it('ends when a step or an effect breaks an invariant', async () => {
    const step = bench(() => {
      throw new Error('broken invariant');
    });
    step.loop.enqueue(executed(1));
    const effect = bench(() => [execute, send]);
    effect.failing.execute = true;
    effect.loop.enqueue(executed(1));
    await settlePromises();
    expect(step.failures).toEqual([new Error('broken invariant')]);
    expect(effect.failures).toEqual([new Error('the body does not match its header')]);
    expect(effect.seen).toEqual([]);
  });

  it('ends when the signer fails, or keeps a signature back', async () => {
    const publicKey = publicKeyOfSeed(seed);
    const signers: readonly Signer[] = [
      { publicKey, sign: () => Promise.reject(new Error('no key')) },
      { publicKey, sign: () => Promise.resolve([]) },
      {
        publicKey,
        sign: () => {
          throw new Error('no key');
        },
      },
    ];
    for (const signer of signers) {
      const { loop, failures, inputs } = bench(() => [sign], { signer });
      loop.enqueue(executed(1));
      await settlePromises();
      expect([failures.length, inputs.length]).toEqual([1, 1]);
    }
  });

  it('performs nothing after stop, whatever the journal was doing', async () => {
    const { loop, seen, syncs, failures } = bench(() => [append, send, sign]);
    loop.enqueue(executed(1));
    await settlePromises();
    loop.stop();
    syncs[0]!.resolve();
    await settlePromises();
    expect([seen, failures]).toEqual([['append', 'sync', 'durable'], []]);
  });

  it('is silent about a journal that fails after stop', async () => {
    const { loop, syncs, failures } = bench(() => [append]);
    loop.enqueue(executed(1));
    await settlePromises();
    loop.stop();
    syncs[0]!.reject(new Error('closed'));
    await settlePromises();
    expect(failures).toEqual([]);
  });

  it('ends in the middle of a batch when an effect stops it, without a signature', async () => {
    const { loop, seen } = bench(() => [sign, halt, send]);
    loop.enqueue(executed(1));
    await settlePromises();
    expect(seen).toEqual(['halt']);
  });

  it('bounds what waits while the journal is slow: ticks merge, messages beyond the limit are dropped', async () => {
    const { loop, inputs, syncs, observer } = bench((input) => (input.type === 'executed' ? [append] : []));
    loop.enqueue(executed(1));
    await settlePromises();
    for (let nowMs = 0; nowMs < 1_000; nowMs += 20) loop.enqueue(tick(nowMs));
    const message = { type: 'fetchBlock', blockHash: genesis.chainId as never } as unknown as VerifiedMessage;
    for (let count = 0; count < 20_005; count++) {
      loop.enqueue({ type: 'message', from: 3, message, arrivedAtMs: 0 });
    }
    loop.enqueue(executed(2));
    expect(observer.refused).toHaveLength(6);
    expect(observer.refused[0]).toEqual({ index: 3, code: 'OVERLOADED' });
    syncs[0]!.resolve();
    await settlePromises();
    expect(inputs[1]).toEqual(tick(980));
    expect(inputs.length).toBe(1 + 20_000 + 1);
    expect(inputs.at(-1)).toEqual(executed(2));
  });

  it('fails for an observer that is asked for a signature', async () => {
    const { failures, ...rest } = bench(() => []);
    const loop = new ReplicaLoop({ ...observerPorts(rest.seen, failures) });
    loop.enqueue(executed(1));
    await settlePromises();
    expect(failures).toEqual([new Error('a replica without a key asked for a signature')]);
  });
});

function observerPorts(seen: string[], failures: unknown[]): ConstructorParameters<typeof ReplicaLoop>[0] {
  const nothing = (): void => undefined;
  return {
    replica: { step: () => [sign] } as unknown as Replica,
    chainId: genesis.chainId,
    origin: genesis.origin,
    signerIn: () => undefined,
    journal: {} as Journal,
    network: { send: () => seen.push('send') },
    clock: new SimulatedClock(),
    observer: createRecordingObserver(),
    handlers: {
      requestProposal: nothing,
      checkProposal: nothing,
      execute: nothing,
      checkpointCertified: nothing,
      epochBegun: nothing,
      retired: nothing,
      catchUp: nothing,
      evidence: nothing,
      amnesia: nothing,
      quarantine: nothing,
      halt: nothing,
      fail: (error) => failures.push(error),
    },
  };
}
