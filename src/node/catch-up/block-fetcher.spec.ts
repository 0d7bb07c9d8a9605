import { describe, expect, it } from '@jest/globals';
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
import type { ChainId } from '../../protocol/primitives/identifiers.js';
import { BlockContents } from '../proposal/block-contents.js';
import type { SyncedBlock } from '../ports.js';
import { BlockFetcher } from './block-fetcher.js';

const genesis = testGenesis({ pipelineDepth: 2 });
const chain = sampleChain(genesis, 6);
const synced = (block: Block): SyncedBlock => ({
  block,
  certificate: certificateOf(genesis, block),
  checkpoint: undefined,
});
const certified = chain.map(synced);

/** A node of height 0 with the peers 1, 2, 3. */
function bench() {
  const clock = new SimulatedClock();
  const network = new RecordingNetwork();
  network.peers = [1, 2, 3];
  const observer = createRecordingObserver();
  const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, genesis.parameters, 16);
  const handedOver: number[] = [];
  const fetcher = new BlockFetcher(
    {
      genesis,
      verifier: ed25519Verifier,
      contents,
      network,
      clock,
      observer,
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
    fetcher.onExecuted(height, chain[height - 1]!.hash);
  };
  return { clock, network, observer, fetcher, handedOver, asked, answer, execute };
}

describe('BlockFetcher', () => {
  it('asks the peer that showed the proven head, for blocks up to that head and no further', () => {
    const { fetcher, asked } = bench();
    fetcher.onConnected();
    expect([asked(), fetcher.active]).toEqual([[], false]);
    fetcher.open(4, 2);
    expect(asked()).toEqual([[2, 1, 4]]);
    expect([fetcher.active, fetcher.targetHeight]).toEqual([true, 4]);
    fetcher.open(5, 3);
    expect(asked()).toHaveLength(1);
  });

  it('asks for at most 64 blocks at once', () => {
    const { fetcher, asked } = bench();
    fetcher.open(1_000_000, 2);
    expect(asked()).toEqual([[2, 1, 64]]);
  });

  it('hands over no more than L blocks beyond what is executed', () => {
    const { fetcher, handedOver, answer, execute } = bench();
    fetcher.open(5, 2);
    answer(2, 1, certified.slice(0, 5));
    expect(handedOver).toEqual([1, 2]);
    execute(1);
    expect(handedOver).toEqual([1, 2, 3]);
    execute(2);
    execute(3);
    expect(handedOver).toEqual([1, 2, 3, 4, 5]);
    expect(fetcher.active).toBe(false);
  });

  it('goes on with the same peer while it gives blocks', () => {
    const { fetcher, asked, answer } = bench();
    fetcher.open(6, 2);
    answer(2, 1, certified.slice(0, 2));
    expect(asked().at(-1)).toEqual([2, 3, 6]);
  });

  it('asks another peer when one is silent, empty-handed, or gone', async () => {
    const { fetcher, asked, answer, clock, network } = bench();
    fetcher.open(3, 2);
    await clock.advance(5_000);
    expect(asked().at(-1)).toEqual([3, 1, 3]);
    answer(3, 1, []);
    expect(asked().at(-1)).toEqual([1, 1, 3]);
    network.peers = [2, 3];
    fetcher.onDisconnected(1);
    expect(asked().at(-1)).toEqual([2, 1, 3]);
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
    expect(asked().at(-1)).toEqual([1, 1, 4]);
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
    const { fetcher, handedOver, answer } = bench();
    answer(2, 1, certified.slice(0, 1));
    fetcher.open(3, 2);
    answer(3, 1, certified.slice(0, 1));
    answer(2, 2, certified.slice(1, 2));
    expect(handedOver).toEqual([]);
    answer(2, 1, certified.slice(0, 1));
    answer(2, 1, certified.slice(0, 1));
    expect(handedOver).toEqual([1]);
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
    const checkpoint = checkpointCertificateOf(genesis, 2, sampleDigest(2));
    const forged: Record<string, SyncedBlock> = {
      'height 3 in place of 2': certified[2]!,
      'another chain': synced(alien),
      'another parent': synced(other),
      'certificate of another block': { ...second, certificate: first.certificate },
      'bad commit certificate': {
        ...second,
        certificate: { ...second.certificate, signatures: signatures.slice(0, 2) },
      },
      'body does not match the header': { ...second, block: { ...block, body: Uint8Array.of(1) } },
      'bad checkpoint certificate': { ...second, checkpoint: { ...checkpoint, root: sampleDigest(3) } },
    };
    for (const [reason, bad] of Object.entries(forged)) {
      const { fetcher, network, observer, handedOver, answer, asked } = bench();
      fetcher.open(4, 2);
      answer(2, 1, [first, bad]);
      expect(network.cutOff).toEqual([{ index: 2, reason: `catch-up block: ${reason}` }]);
      expect(observer.refused).toEqual([{ index: 2, code: 'BLOCK_INVALID' }]);
      expect([handedOver, asked().at(-1)]).toEqual([[1], [3, 2, 4]]);
    }
    const prepared = { ...second, certificate: certificateOf(genesis, block, [0, 1, 2], 'prepare') };
    const { fetcher, answer, network } = bench();
    fetcher.open(4, 2);
    answer(2, 1, [first, prepared]);
    expect(network.cutOff).toHaveLength(1);
  });

  it('takes a block with its checkpoint', () => {
    const { fetcher, network, handedOver, answer } = bench();
    const checkpoint = checkpointCertificateOf(genesis, 1, sampleDigest(1), [1, 2, 3]);
    fetcher.open(1, 2);
    answer(2, 1, [{ ...certified[0]!, checkpoint }]);
    expect([handedOver, network.cutOff]).toEqual([[1], []]);
  });

  it('goes on behind what votes have brought meanwhile', () => {
    const { fetcher, asked, handedOver, answer, execute } = bench();
    fetcher.open(5, 2);
    for (const height of [1, 2, 3]) execute(height);
    answer(2, 1, certified.slice(0, 3));
    expect([handedOver, asked().at(-1)]).toEqual([[], [3, 4, 5]]);
    answer(3, 4, certified.slice(3, 5));
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
