import { describe, expect, it } from '@jest/globals';
import {
  certificateOf,
  checkpointCertificateOf,
  sampleBlockOf,
  sampleTransaction,
} from '../../test/support/certified-blocks.js';
import { sampleDigest } from '../../test/support/journal-samples.js';
import { createRecordingObserver } from '../../test/support/recording-observer.js';
import { RecordingNetwork } from '../../test/support/recording-network.js';
import { SimulatedClock } from '../../test/support/simulated-clock.js';
import { testGenesis, testSeed } from '../../test/support/signed-transactions.js';
import { ed25519Verifier, signMessage } from '../protocol/crypto/ed25519.js';
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import { encodeVote } from '../protocol/encoding/vote-bytes.js';
import type { Input } from '../protocol/pbft/input.js';
import type { Message, PrePrepare, Status, Vote } from '../protocol/pbft/message.js';
import { MessageIntake } from './message-intake.js';
import { BlockContents } from './proposal/block-contents.js';
import { PeerStatuses } from './status/peer-statuses.js';
import { EpochHistory } from './epochs/epoch-history.js';
import { Roster } from './members/roster.js';
import { createVerificationContext } from './verification-context.js';

const genesis = testGenesis();
const block = sampleBlockOf(genesis, [sampleTransaction(genesis, 'a')]);
const WALL_MS = 1_750_000_000_000;

function voteOf(signer: number, kind: 'propose' | 'prepare' = 'prepare'): Vote {
  const place = { epoch: 0, view: 0, height: 1 };
  const bytes = encodeVote({ kind, chainId: genesis.chainId, ...place, digest: block.hash });
  const signature = signMessage(testSeed(genesis.validators[signer]!.organisation), bytes);
  return { type: 'vote', kind: 'prepare', ...place, blockHash: block.hash, signer, signature };
}

const vote = voteOf(2);
const prePrepare: PrePrepare = {
  type: 'prePrepare',
  epoch: 0,
  view: 0,
  block,
  signature: voteOf(0, 'propose').signature,
};
const status: Status = {
  type: 'status',
  epoch: 0,
  view: 0,
  phase: 'active',
  standing: 'voting',
  viewChanges: [],
  committedHeight: 4,
  acceptedHeight: 5,
  proposalHeight: 5,
  preparedHeight: 4,
  executedHeight: 3,
  certifiedHeight: 2,
  lackedEnds: [],
  prepareVotes: [],
  commitVotes: [],
  clockMs: WALL_MS + 30,
  mempoolTransactions: 0,
};

function bench() {
  const network = new RecordingNetwork();
  const observer = createRecordingObserver();
  const peers = new PeerStatuses((peer) => peer < 4, WALL_MS);
  const epochs = new EpochHistory(genesis);
  const inputs: Input[] = [];
  const seen: string[] = [];
  const answers = { wanted: true, fault: undefined as string | undefined };
  let verifications = 0;
  const verifier: SignatureVerifier = {
    verify: (...parts) => {
      verifications++;
      return ed25519Verifier.verify(...parts);
    },
  };
  const intake = new MessageIntake({
    chain: createVerificationContext(genesis, epochs, verifier),
    roster: new Roster(genesis.organisations),
    contents: new BlockContents({ get: () => undefined }, verifier, epochs, 4),
    replica: { wants: () => answers.wanted, seatOf: (peer) => peer },
    loop: { enqueue: (input) => inputs.push(input) },
    fetcher: {
      onResponse: (from) => seen.push(`syncResponse ${from}`),
      onDisconnected: (index) => seen.push(`gone ${index}`),
    },
    server: { onRequest: (from) => seen.push(`syncRequest ${from}`) },
    transactions: {
      onBatch: () => {
        seen.push('transactionBatch');
        return answers.fault;
      },
    },
    receiptServer: { onRequest: (from) => seen.push(`receiptSignatureRequest ${from}`) },
    receiptSignatures: {
      onResponse: (from) => {
        seen.push(`receiptSignatureResponse ${from}`);
        return Promise.resolve(answers.fault);
      },
    },
    network,
    clock: new SimulatedClock(WALL_MS),
    observer,
    peers,
    onPeersChanged: (index, connected) => seen.push(`changed ${index} ${connected}`),
  });
  return { intake, network, observer, peers, inputs, seen, answers, verifications: () => verifications };
}

describe('MessageIntake', () => {
  it('hands each message to whom it concerns', () => {
    const { intake, seen, inputs, network } = bench();
    intake.onMessage(1, { type: 'syncRequest', fromHeight: 1, toHeight: 2, bytesMax: 10 });
    intake.onMessage(2, { type: 'syncResponse', fromHeight: 1, blocks: [] });
    intake.onMessage(3, { type: 'transactionBatch', transactions: [] });
    expect(seen).toEqual(['syncRequest 1', 'syncResponse 2', 'transactionBatch']);
    intake.onMessage(2, vote);
    intake.onMessage(0, prePrepare);
    expect(inputs).toEqual([
      { type: 'message', from: 2, message: vote, arrivedAtMs: WALL_MS },
      { type: 'message', from: 0, message: prePrepare, arrivedAtMs: WALL_MS },
    ]);
    expect(network.cutOff).toEqual([]);
  });

  it('asks the replica whether it wants a message before a signature is checked', () => {
    const { intake, answers, inputs, network, verifications } = bench();
    answers.wanted = false;
    intake.onMessage(2, vote);
    intake.onMessage(0, prePrepare);
    intake.onMessage(3, { ...vote, signature: new Uint8Array(64) });
    expect([inputs, verifications(), network.cutOff]).toEqual([[], 0, []]);
  });

  it('cuts off who sends what no correct peer sends', () => {
    const root = sampleDigest(1);
    const certificate = certificateOf(genesis, block);
    const forged: Record<string, readonly [number, Message]> = {
      'bad vote signature': [2, { ...vote, signature: new Uint8Array(64) }],
      'unknown signer': [2, { ...vote, signer: 9 }],
      'sender is not the primary': [1, prePrepare],
      'body does not match': [0, { ...prePrepare, block: { ...block, body: Uint8Array.of(1) } }],
      'bad PROPOSE signature': [0, { ...prePrepare, signature: vote.signature }],
      'bad checkpoint certificate': [
        3,
        {
          type: 'checkpointCertified',
          epoch: 0,
          certificate: { ...checkpointCertificateOf(genesis, 1, root), height: 2 },
        },
      ],
      'certificate of another block': [
        3,
        { type: 'decided', header: block.header, blockHash: sampleDigest(2) as never, certificate },
      ],
      'blockReply: body does not match': [
        3,
        { type: 'blockReply', block: { ...block, body: Uint8Array.of(1) } },
      ],
    };
    for (const [reason, [from, message]] of Object.entries(forged)) {
      const { intake, network, observer, inputs } = bench();
      intake.onMessage(from, message);
      expect(network.cutOff).toMatchObject([{ index: from }]);
      expect(network.cutOff[0]!.reason).toMatch(reason);
      expect(observer.refused).toEqual([{ index: from, code: 'CERTIFICATE_INVALID' }]);
      expect(inputs).toEqual([]);
    }
  });

  it('cuts off who shares transactions that it cannot have checked', () => {
    const { intake, answers, network, observer } = bench();
    answers.fault = 'the signature is not that of the key';
    intake.onMessage(3, { type: 'transactionBatch', transactions: [] });
    expect(network.cutOff).toEqual([{ index: 3, reason: answers.fault }]);
    expect(observer.refused).toEqual([{ index: 3, code: 'SIGNATURE_INVALID' }]);
  });

  it('keeps the last word of each peer for the status page', () => {
    const { intake, peers } = bench();
    intake.onMessage(3, status);
    intake.onMessage(2, vote);
    expect(peers.wordOf(3)).toEqual({
      view: 0,
      phase: 'active',
      standing: 'voting',
      height: 3,
      acceptedHeight: 5,
      mempoolTransactions: 0,
      clockOffsetMs: 30,
    });
    expect(peers.lastVoteOf(2)).toEqual({
      epoch: 0,
      kind: 'prepare',
      view: 0,
      height: 1,
      atMs: WALL_MS,
    });
    expect([peers.heardAtMs(2), peers.heardAtMs(1)]).toEqual([WALL_MS, undefined]);
  });

  it('takes a vote for a sign of its signer only when it comes from the signer, then even one that is late', () => {
    const { intake, answers, peers, inputs } = bench();
    intake.onMessage(1, vote);
    expect([peers.lastVoteOf(2), peers.lastVoteOf(1)]).toEqual([undefined, undefined]);
    answers.wanted = false;
    intake.onMessage(2, vote);
    expect(peers.lastVoteOf(2)).toMatchObject({ height: 1 });
    expect(inputs).toHaveLength(1);
  });

  it('tells everyone who comes and who goes', () => {
    const { intake, peers, inputs, seen } = bench();
    intake.onConnected(3);
    expect(peers.isConnected(3)).toBe(true);
    intake.onDisconnected(3);
    expect([peers.isConnected(3), peers.changedAtMs(3)]).toEqual([false, WALL_MS]);
    expect(inputs).toEqual([
      { type: 'peer', index: 3, connected: true },
      { type: 'peer', index: 3, connected: false },
    ]);
    expect(seen).toEqual(['changed 3 true', 'gone 3', 'changed 3 false']);
  });
});
