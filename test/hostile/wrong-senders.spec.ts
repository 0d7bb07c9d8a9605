import { describe, expect, it } from '@jest/globals';
import { signMessage } from '../../src/protocol/crypto/ed25519.js';
import { ORGANISATIONS_MAX } from '../../src/protocol/ledger/genesis.js';
import type { SignRequest } from '../../src/protocol/pbft/effect.js';
import type { Message } from '../../src/protocol/pbft/message.js';
import { signBytes } from '../../src/protocol/pbft/sign-bytes.js';
import { viewChangeDigest } from '../../src/protocol/pbft/view-change.js';
import { OBSERVER_PEERS_FROM } from '../../src/protocol/primitives/identifiers.js';
import { NodeDoor } from '../support/pbft/node-door.js';
import { ReplicaBench } from '../support/pbft/replica-bench.js';
import {
  changeOf,
  genesis,
  GENESIS_HASH,
  lineOf,
  signAs,
  suspectOf,
  testBlock,
  viewChangeOf,
  VALIDATORS,
  voteOf,
} from '../support/pbft/signed-messages.js';
import { testSeed } from '../support/signed-transactions.js';
import { chain, sampleArrivals } from './sample-arrivals.js';

const SELF = 1;
const OBSERVER = OBSERVER_PEERS_FROM;
const [first] = chain;
/** Nobody signs these, so anybody may say them. */
const UNSIGNED = ['status', 'fetchBlock'];
/** From another peer they are another message. */
const PERSONAL = ['status', 'echo'];

type Signer = (signer: number, request: SignRequest) => Uint8Array;

/** Messages that name their signer, with the claim that it is `claimed` and a signature that `sign` makes. */
function claims(claimed: number, sign: (request: SignRequest) => Uint8Array): readonly Message[] {
  const place = { epoch: 0, view: 0, height: 1, blockHash: first!.hash };
  const { signature: _, signer: __, ...content } = changeOf(0, 1);
  const digest = viewChangeDigest(content);
  return [
    ...(['prepare', 'commit'] as const).map((kind): Message => {
      const request = { type: 'vote', kind, ...place } as const;
      return { ...request, signer: claimed, signature: sign(request) };
    }),
    {
      ...lineOf(0, 1),
      signer: claimed,
      signature: sign({ type: 'checkpoint', epoch: 0, height: 1, root: lineOf(0, 1).root }),
    },
    { ...suspectOf(0, 0), signer: claimed, signature: sign({ type: 'suspect', epoch: 0, view: 0 }) },
    viewChangeOf({
      ...content,
      signer: claimed,
      signature: sign({ type: 'viewChange', epoch: 0, view: 1, digest }),
    }),
  ];
}

function outcomesOf(from: number, messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    const bench = new ReplicaBench();
    const before = bench.replica.report();
    const { outcome } = new NodeDoor(bench).send(from, message);
    if (outcome !== 'taken') expect([bench.effects, bench.replica.report()]).toEqual([[], before]);
    return outcome;
  });
}

const all = <Value>(value: Value): readonly Value[] => new Array<Value>(5).fill(value);

/** The place of SUSPECT among `claims`: the one that nobody but its signer may bring. */
const SUSPECT = 3;

function unlessCarried(from: number, signer: number, outcome: string): readonly string[] {
  return from === signer ? all(outcome) : all(outcome).with(SUSPECT, 'unwanted');
}

describe('who a message is from', () => {
  it('is its signer, whoever brings it; a suspicion only its signer may bring (PBFT-VIEW-1)', () => {
    for (const signer of [0, 2, 3]) {
      const signed = claims(signer, (request) => signAs(signer, request));
      for (const from of [0, 2, 3])
        expect(outcomesOf(from, signed)).toEqual(unlessCarried(from, signer, 'taken'));
    }
  });

  it('is nobody that it merely names: no key signs for another validator', () => {
    const keys = [0, 1, 2, 3];
    for (const claimed of [0, 2, 3]) {
      for (const key of keys.filter((other) => other !== claimed)) {
        const forged = claims(claimed, (request) => signAs(key, request));
        const from = key === SELF ? 2 : key;
        expect(outcomesOf(from, forged)).toEqual(unlessCarried(from, claimed, 'refused'));
        expect(outcomesOf(claimed, forged)).toEqual(all('refused'));
      }
    }
  });

  it('is nobody with a key of its own that is no member, and no index beyond the members', () => {
    const stranger: Signer = (_, request) =>
      signMessage(testSeed('mallory'), signBytes(request, genesis.chainId, genesis.origin));
    for (const claimed of [0, 2, 3]) {
      const outcomes = outcomesOf(
        claimed,
        claims(claimed, (request) => stranger(claimed, request)),
      );
      expect(outcomes).toEqual(all('refused'));
    }
    const outcomesAs = (claimed: number) =>
      outcomesOf(
        2,
        claims(claimed, (request) => signAs(2, request)),
      );
    // Of a larger set it could be: the set in force says no.
    for (const claimed of [VALIDATORS, ORGANISATIONS_MAX - 1]) {
      expect(outcomesAs(claimed)).toEqual(unlessCarried(2, claimed, 'refused'));
    }
    for (const claimed of [ORGANISATIONS_MAX, 255, 65_535, 2 ** 32 - 1]) {
      expect(outcomesAs(claimed)).toEqual(all('malformed'));
    }
  });

  it('is never this replica, whoever says so and however well it is signed (PBFT-FILTER-2)', () => {
    const own = claims(SELF, (request) => signAs(SELF, request));
    for (const from of [0, 2, 3]) expect(outcomesOf(from, own)).toEqual(all('unwanted'));
  });
});

describe('the stream that a message comes on', () => {
  it.each(sampleArrivals)('may be that of any validator, for most messages: $name', (sample) => {
    const ownOnly = ['prePrepare', 'suspect'].includes(sample.message.type);
    for (const from of [0, 2, 3]) {
      const bench = sample.bench();
      if (bench.state.config.self === from) continue;
      const expected = ownOnly && from !== sample.from ? 'unwanted' : 'taken';
      expect(new NodeDoor(bench).send(from, sample.message).outcome).toBe(expected);
    }
  });

  it.each(sampleArrivals)('is not that of an observer, nor of an index that nobody has: $name', (sample) => {
    const isListenedTo = UNSIGNED.includes(sample.message.type);
    for (const from of [OBSERVER, OBSERVER + 200]) {
      const bench = sample.bench();
      bench.input({ type: 'peer', index: OBSERVER, connected: true });
      const { outcome } = new NodeDoor(bench).send(from, sample.message);
      expect([outcome, bench.journal.length]).toEqual([
        isListenedTo && (from === OBSERVER || sample.message.type === 'status') ? 'taken' : 'unwanted',
        sample.bench().journal.length,
      ]);
      if (from !== OBSERVER) expect(bench.all('send').filter(({ to }) => to === from)).toEqual([]);
    }
  });
});

describe('a message that comes again', () => {
  it.each(sampleArrivals)('does nothing: $name', (sample) => {
    const bench = sample.bench();
    const door = new NodeDoor(bench);
    door.send(sample.from, sample.message);
    const [before, records] = [bench.replica.report(), bench.journal.length];
    for (const from of [0, 2, 3]) {
      if (PERSONAL.includes(sample.message.type) && from !== sample.from) continue;
      const { outcome } = door.send(from, sample.message);
      expect(outcome).toBe(UNSIGNED.includes(sample.message.type) ? 'taken' : 'unwanted');
      expect([bench.replica.report(), bench.journal.length, bench.signing()]).toEqual([before, records, []]);
      if (outcome === 'unwanted') expect(bench.effects).toEqual([]);
    }
    expect(door.refusals).toEqual([]);
  });
});

describe('what a replica has said itself', () => {
  /** Validator 1 through a whole view of its own; everything it has said. */
  function spoken(): { readonly bench: ReplicaBench; readonly said: readonly Message[] } {
    const bench = new ReplicaBench();
    const fresh = testBlock(1, GENESIS_HASH, 0, 1);
    const effects = bench.together(() => {
      bench.input({ type: 'distrust', view: 0, reason: 'censorship' });
      bench.sign();
      bench.leave();
      bench.sign();
      for (const signer of [0, 2]) bench.message(signer, viewChangeOf(changeOf(signer, 1)));
      bench.sign();
      bench.input({ type: 'proposalBuilt', block: fresh });
      bench.sign();
      bench.vote(0, 'prepare', fresh, 1);
      bench.vote(2, 'prepare', fresh, 1);
      bench.sign();
      bench.vote(0, 'commit', fresh, 1);
      bench.vote(2, 'commit', fresh, 1);
      bench.executed(1);
      bench.sign();
      bench.vote(3, 'prepare', testBlock(2, fresh.hash, 1, 1), 1);
      bench.vote(3, 'prepare', testBlock(2, fresh.hash, 2, 1), 1);
      bench.tick(bench.state.config.statusIntervalMs);
    });
    const said = effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
    return { bench, said };
  }

  it('says nothing to it when its peers send it back', () => {
    const { bench, said } = spoken();
    expect([...new Set(said.map(({ type }) => type))].sort()).toEqual([
      'checkpointVote',
      'evidence',
      'newView',
      'prePrepare',
      'status',
      'suspect',
      'viewChange',
      'vote',
    ]);
    const [before, records] = [bench.replica.report(), bench.journal.length];
    const door = new NodeDoor(bench);
    for (const message of said) {
      for (const from of [0, 2, 3]) {
        const { outcome } = door.send(from, message);
        expect([message.type, outcome]).toEqual([
          message.type,
          message.type === 'status' ? 'taken' : 'unwanted',
        ]);
        expect([bench.replica.report(), bench.journal.length, bench.signing()]).toEqual([
          before,
          records,
          [],
        ]);
      }
    }
    expect(door.refusals).toEqual([]);
  });

  it('does not make a quorum of Q − 1 votes and its own one that comes back', () => {
    const bench = new ReplicaBench();
    bench.propose(first!);
    bench.approve(first!);
    const door = new NodeDoor(bench);
    for (const from of [0, 2, 3]) door.send(from, voteOf(SELF, 'prepare', first!));
    for (const signer of [0, 2]) bench.vote(signer, 'prepare', first!);
    expect(bench.replica.view().preparedHeight).toBe(0);
  });
});
