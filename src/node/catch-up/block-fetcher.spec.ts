import { describe, expect, it, jest } from '@jest/globals';
import {
  certificateOf,
  checkpointCertificateOf,
  NO_PARENT,
  sampleBlockOf,
  sampleChain,
  sampleTransaction,
} from '../../../test/support/certified-blocks.js';
import { sampleDigest } from '../../../test/support/journal-samples.js';
import { createRecordingObserver } from '../../../test/support/recording-observer.js';
import { RecordingNetwork } from '../../../test/support/recording-network.js';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { Block } from '../../protocol/ledger/block.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { ChainId } from '../../protocol/primitives/identifiers.js';
import { BlockContents } from '../proposal/block-contents.js';
import type { SyncedBlock } from '../ports.js';
import { BlockFetcher } from './block-fetcher.js';
import { EpochHistory } from '../epochs/epoch-history.js';
import { createVerificationContext } from '../verification-context.js';

const genesis = testGenesis({ pipelineDepth: 2 });
const SILENCE_MS = 3_000;
const syncedIn =
  (of: Genesis) =>
  (block: Block): SyncedBlock => ({ block, certificate: certificateOf(of, block), checkpoint: undefined });
const synced = syncedIn(genesis);
const certified = sampleChain(genesis, 6).map(synced);
/** The same with L = 32, and long. */
const deepGenesis = testGenesis({ pipelineDepth: 32 });
const long = sampleChain(deepGenesis, 288).map(syncedIn(deepGenesis));

/** A node of height 0 with the peers 1, 2, 3; `deep` follows the long chain. */
function bench(which: 'shallow' | 'deep' = 'shallow') {
  const [own, chain] = which === 'deep' ? [deepGenesis, long] : [genesis, certified];
  const clock = new SimulatedClock();
  const network = new RecordingNetwork();
  network.peers = [1, 2, 3];
  const observer = createRecordingObserver();
  const epochs = new EpochHistory(own);
  const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, epochs, 512);
  const open = jest.spyOn(contents, 'open');
  const handedOver: number[] = [];
  const fetcher = new BlockFetcher(
    {
      context: createVerificationContext(own, epochs, ed25519Verifier),
      contents,
      network,
      clock,
      observer,
      silenceTimeoutMs: SILENCE_MS,
      onBlock: ({ block }) => handedOver.push(block.header.height),
    },
    0,
    NO_PARENT,
  );
  /** [peer, from, to] of the requests so far. */
  const asked = (): readonly (readonly [number | 'all', number, number])[] =>
    network.sent.map(({ to, message }) => {
      if (message.type !== 'syncRequest') throw new Error(`sent ${message.type}`);
      return [to, message.fromHeight, message.toHeight];
    });
  const answer = (from: number, fromHeight: number, blocks: readonly SyncedBlock[]): void => {
    fetcher.onResponse(from, { type: 'syncResponse', fromHeight, blocks });
  };
  const execute = (height: number): void => {
    fetcher.onExecuted(height, chain[height - 1]!.block.hash);
  };
  const opened = (): number => open.mock.calls.length;
  return { clock, network, observer, fetcher, handedOver, asked, answer, execute, opened };
}

describe('BlockFetcher', () => {
  it('asks the peer that showed the proven head, for blocks up to that head and no further', () => {
    const { fetcher, asked } = bench();
    fetcher.onConnected();
    expect([asked(), fetcher.active]).toEqual([[], false]);
    fetcher.open(4, 2);
    expect(asked()).toEqual([[2, 1, 4]]);
    expect([fetcher.active, fetcher.targetHeight, fetcher.source]).toEqual([true, 4, 2]);
  });

  it('asks several peers at once, each for a range of its own', () => {
    const { fetcher, asked } = bench();
    fetcher.open(1_000_000, 2);
    expect(asked()).toEqual([
      [2, 1, 32],
      [3, 33, 64],
      [1, 65, 96],
    ]);
    fetcher.onConnected();
    expect(asked()).toHaveLength(3);
  });

  it('takes answers in any order, and hands blocks over in theirs', () => {
    const { fetcher, handedOver, answer, execute } = bench('deep');
    fetcher.open(64, 1);
    answer(2, 33, long.slice(32, 64));
    expect(handedOver).toEqual([]);
    answer(1, 1, long.slice(0, 32));
    expect(handedOver).toEqual(long.slice(0, 32).map(({ block }) => block.header.height));
    for (let height = 1; height <= 32; height++) execute(height);
    expect(handedOver).toHaveLength(64);
    expect([fetcher.active, fetcher.source]).toEqual([false, undefined]);
  });

  it('asks again for what an answer leaves out, before anything beyond it', () => {
    const { fetcher, asked, answer, network } = bench('deep');
    network.peers = [1, 2];
    fetcher.open(1_000, 1);
    answer(1, 1, long.slice(0, 10));
    expect(asked().slice(2)).toEqual([[1, 11, 32]]);
    answer(2, 33, long.slice(32, 64));
    expect(asked().slice(3)).toEqual([[2, 65, 96]]);
  });

  it('asks no further than so many blocks ahead', () => {
    const { fetcher, asked, network, answer, execute } = bench('deep');
    network.peers = [1];
    fetcher.open(1_000_000, 1);
    for (let from = 1; from <= 257; from += 32) answer(1, from, long.slice(from - 1, from + 31));
    expect([asked().length, asked().at(-1)]).toEqual([9, [1, 257, 288]]);
    execute(1);
    expect(asked().slice(9)).toEqual([[1, 289, 289]]);
  });

  it('holds no more than so many bytes, but asks for the block that is needed next', () => {
    const { fetcher, asked, network, answer } = bench('deep');
    const mebibytes = (count: number, { block, ...rest }: SyncedBlock): SyncedBlock => ({
      ...rest,
      block: { ...block, body: new Uint8Array(count * 1024 * 1024) },
    });
    network.peers = [1, 2];
    fetcher.open(1_000, 1);
    answer(2, 33, [mebibytes(7, long[32]!)]);
    expect(asked().at(-1)).toEqual([2, 34, 65]);
    answer(2, 34, [mebibytes(7, long[33]!)]);
    expect(asked()).toHaveLength(3);
    network.peers = [2];
    fetcher.onDisconnected(1);
    expect(asked().slice(3)).toEqual([[2, 1, 32]]);
  });

  it('hands over no more than L blocks beyond what is executed, and opens no more bodies', () => {
    const { fetcher, handedOver, answer, execute, opened } = bench();
    fetcher.open(5, 2);
    answer(2, 1, certified.slice(0, 5));
    expect([handedOver, opened()]).toEqual([[1, 2], 2]);
    execute(1);
    expect([handedOver, opened()]).toEqual([[1, 2, 3], 3]);
    execute(2);
    execute(3);
    expect(handedOver).toEqual([1, 2, 3, 4, 5]);
    expect(fetcher.active).toBe(false);
  });

  it('asks another peer when one is silent, empty-handed, or gone', async () => {
    const { fetcher, asked, answer, clock, network } = bench();
    fetcher.open(3, 2);
    await clock.advance(SILENCE_MS);
    expect(asked().at(-1)).toEqual([3, 1, 3]);
    answer(3, 1, []);
    expect(asked().at(-1)).toEqual([1, 1, 3]);
    network.peers = [2, 3];
    fetcher.onDisconnected(1);
    expect(asked()).toHaveLength(3);
    await clock.advance(250);
    expect(asked().at(-1)).toEqual([3, 1, 3]);
  });

  it('asks a peer that was silent again when it answers after all, comes back, or after a rest', async () => {
    for (const revive of ['answer', 'reconnect', 'rest'] as const) {
      const { fetcher, asked, answer, clock, network, handedOver } = bench();
      network.peers = [2];
      fetcher.open(3, 2);
      await clock.advance(SILENCE_MS);
      fetcher.onConnected();
      expect(asked()).toHaveLength(1);
      if (revive === 'answer') answer(2, 1, certified.slice(0, 3));
      else if (revive === 'reconnect') {
        fetcher.onDisconnected(2);
        fetcher.onConnected();
      } else await clock.advance(3 * SILENCE_MS);
      expect([asked().slice(1), handedOver]).toEqual([[[2, 1, 3]], []]);
    }
  });

  it('is not made to ask by answers that it did not ask for', async () => {
    const { fetcher, asked, answer, clock, network } = bench();
    network.peers = [2];
    fetcher.open(4, 2);
    // It has nothing, and says so three times.
    for (let times = 0; times < 3; times++) answer(2, 1, []);
    expect(asked()).toEqual([[2, 1, 4]]);
    await clock.advance(250);
    expect(asked()).toHaveLength(2);
    // It is late; what comes meanwhile answers something else.
    await clock.advance(SILENCE_MS);
    answer(2, 3, certified.slice(2, 3));
    expect(asked()).toHaveLength(2);
    answer(2, 1, certified.slice(0, 1));
    answer(2, 3, certified.slice(2, 3));
    expect(asked()).toHaveLength(3);
  });

  it('waits for a peer when there is none', () => {
    const { fetcher, asked, network } = bench();
    network.peers = [];
    fetcher.open(3, 2);
    expect(asked()).toEqual([]);
    network.peers = [3];
    fetcher.onConnected();
    expect(asked()).toEqual([[3, 1, 3]]);
  });

  it('pauses when nobody has anything to give', async () => {
    const { fetcher, asked, answer, clock } = bench();
    fetcher.open(3, 1);
    for (const peer of [1, 2, 3]) answer(peer, 1, []);
    fetcher.onConnected();
    fetcher.open(4, 1);
    expect(asked()).toHaveLength(3);
    await clock.advance(250);
    expect(asked().slice(3)).toEqual([[1, 1, 4]]);
  });

  it('does not talk without end to the only peer that is there', async () => {
    const { fetcher, asked, answer, clock, network } = bench();
    network.peers = [3];
    fetcher.open(3, 3);
    answer(3, 1, []);
    expect(asked()).toHaveLength(1);
    await clock.advance(250);
    expect(asked()).toHaveLength(2);
  });

  it('listens to the peer that it asked only, and to what it asked for', () => {
    const { fetcher, handedOver, answer, network } = bench();
    answer(2, 1, certified.slice(0, 1));
    fetcher.open(3, 2);
    answer(3, 1, certified.slice(0, 1));
    answer(2, 2, certified.slice(1, 2));
    expect(handedOver).toEqual([]);
    answer(2, 1, certified.slice(0, 1));
    answer(2, 1, certified.slice(0, 1));
    expect([handedOver, network.cutOff]).toEqual([[1], []]);
  });

  it('cuts off who sends a block that is not proven, keeps what came before it, and asks another', () => {
    const [first, second] = certified as [SyncedBlock, SyncedBlock];
    const { block } = second;
    const other = sampleBlockOf(genesis, [sampleTransaction(genesis, 'other')], { height: 2 });
    const chainId = sampleDigest(1) as string as ChainId;
    const alien = sampleBlockOf(genesis, [sampleTransaction(genesis, 'alien')], {
      height: 2,
      chainId,
      parentHash: first.block.hash,
    });
    const signatures = second.certificate.signatures;
    const forged: Record<string, SyncedBlock> = {
      'another chain': synced(alien),
      'another parent': synced(other),
      'certificate of another block': { ...second, certificate: first.certificate },
      'bad commit certificate': {
        ...second,
        certificate: { ...second.certificate, signatures: signatures.slice(0, 2) },
      },
      'body does not match the header': { ...second, block: { ...block, body: Uint8Array.of(1) } },
    };
    for (const [reason, bad] of Object.entries(forged)) {
      const { fetcher, network, observer, handedOver, answer, asked } = bench();
      fetcher.open(4, 2);
      answer(2, 1, [first, bad]);
      expect(network.cutOff).toEqual([{ index: 2, reason: `catch-up block: ${reason}` }]);
      expect(observer.refused).toEqual([{ index: 2, code: 'BLOCK_INVALID' }]);
      expect(handedOver).toEqual([1]);
      // The refused peer is asked for nothing any more.
      expect(asked().slice(1)).toEqual([[3, 2, 4]]);
    }
    const prepared = { ...second, certificate: certificateOf(genesis, block, [0, 1, 2], 'prepare') };
    const { fetcher, answer, network } = bench();
    fetcher.open(4, 2);
    answer(2, 1, [first, prepared]);
    expect(network.cutOff).toHaveLength(1);
  });

  it('takes nothing from an answer with other heights than it asked for', () => {
    const answers = [
      [certified[0]!, certified[2]!],
      [certified[1]!],
      certified.slice(0, 5),
      [certified[0]!, certified[0]!],
    ];
    for (const blocks of answers) {
      const { fetcher, network, answer, asked, handedOver } = bench();
      fetcher.open(4, 2);
      answer(2, 1, blocks);
      expect(network.cutOff).toEqual([{ index: 2, reason: 'catch-up block: other heights than asked for' }]);
      expect([handedOver, asked().at(-1)]).toEqual([[], [3, 1, 4]]);
    }
  });

  it('believes nothing else of who sent one bad block, and keeps what others have sent', () => {
    const { fetcher, network, answer, asked, handedOver, execute } = bench('deep');
    network.peers = [1, 2];
    fetcher.open(128, 1);
    answer(2, 33, long.slice(32, 64));
    answer(2, 65, long.slice(64, 96));
    const [first, second, ...rest] = long.slice(0, 32) as [SyncedBlock, SyncedBlock, ...SyncedBlock[]];
    const bad = { ...second, certificate: first.certificate };
    expect(asked()).toEqual([
      [1, 1, 32],
      [2, 33, 64],
      [2, 65, 96],
      [2, 97, 128],
    ]);
    network.peers = [2];
    answer(1, 1, [first, bad, ...rest]);
    answer(2, 97, long.slice(96, 128));
    expect(asked().slice(4)).toEqual([[2, 2, 32]]);
    answer(2, 2, long.slice(1, 32));
    for (let height = 1; height <= 96; height++) execute(height);
    expect([handedOver.length, asked().length]).toEqual([128, 5]);
  });

  it('does not look at the checkpoint that comes with a block: Status brings the highest one', () => {
    const { fetcher, network, handedOver, answer } = bench();
    const checkpoint = checkpointCertificateOf(genesis, 1, sampleDigest(1), [1, 2]);
    fetcher.open(1, 2);
    answer(2, 1, [{ ...certified[0]!, checkpoint }]);
    expect([handedOver, network.cutOff]).toEqual([[1], []]);
  });

  it('goes on behind what votes have brought meanwhile', () => {
    const { fetcher, asked, handedOver, answer, execute } = bench();
    fetcher.open(5, 2);
    for (const height of [1, 2, 3]) execute(height);
    expect(asked()).toEqual([[2, 1, 5]]);
    answer(2, 1, certified.slice(0, 3));
    expect([handedOver, asked().at(-1)]).toEqual([[], [2, 4, 5]]);
    answer(2, 4, certified.slice(3, 5));
    expect(handedOver).toEqual([4, 5]);
  });

  it('drops what it holds when votes have overtaken it', () => {
    const { fetcher, handedOver, answer, execute } = bench();
    fetcher.open(5, 2);
    answer(2, 1, certified.slice(0, 4));
    for (const height of [1, 2, 3, 4, 5]) execute(height);
    expect([handedOver, fetcher.active]).toEqual([[1, 2, 3, 4], false]);
  });

  it('does nothing after stop', async () => {
    const { fetcher, clock, asked, handedOver, answer, execute } = bench();
    fetcher.open(5, 2);
    fetcher.stop();
    answer(2, 1, certified.slice(0, 4));
    execute(1);
    fetcher.open(6, 3);
    await clock.advance(60_000);
    expect([asked().length, handedOver]).toEqual([1, []]);
  });
});
