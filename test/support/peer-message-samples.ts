/** Well-formed messages of every type, for a consortium of `validators` members. */
import type { PeerMessage } from '../../src/node/ports.js';
import type { Evidence } from '../../src/protocol/pbft/evidence.js';
import type { Vote } from '../../src/protocol/pbft/message.js';
import type { BlockHash } from '../../src/protocol/primitives/identifiers.js';
import {
  sampleBlock,
  sampleCertificate,
  sampleCheckpoint,
  sampleDigest,
  sampleTimeout,
  sampleViewChange,
} from './journal-samples.js';
import { es256TestKey } from './test-receipt-keys.js';

const signature = (seed: number): Uint8Array => new Uint8Array(64).fill(seed);

const point = (view: number, height: number) => ({
  view,
  height,
  blockHash: sampleDigest(height) as string as BlockHash,
});

/** One of each kind. */
export function sampleEvidence(): Evidence[] {
  const first = { digest: sampleDigest(1), signature: signature(6) };
  const second = { digest: sampleDigest(2), signature: signature(7) };
  const certificate = sampleCertificate(12, 'commit');
  return [
    {
      type: 'conflictingVotes',
      offender: 1,
      kind: 'prepare',
      epoch: 0,
      view: 2,
      height: 13,
      first,
      second,
    },
    { type: 'conflictingCheckpoints', offender: 1, epoch: 0, height: 12, first, second },
    {
      type: 'concealedCommit',
      offender: 1,
      epoch: 0,
      commit: { ...point(2, 14), signature: signature(8) },
      viewChange: {
        view: 3,
        claim: { base: { height: 12, blockHash: certificate.blockHash }, tips: [point(1, 13)] },
        signature: signature(9),
      },
      baseCertificate: certificate,
    },
  ];
}

function sampleVote(kind: Vote['kind']): Vote {
  const { hash: blockHash } = sampleBlock(12);
  return { type: 'vote', kind, epoch: 0, view: 2, height: 12, blockHash, signer: 1, signature: signature(2) };
}

/** What is said when views change. */
function sampleViewMessages(): PeerMessage[] {
  return [
    { type: 'suspect', epoch: 0, view: 2, signer: 1, signature: signature(10) },
    { type: 'viewChange', timeout: sampleTimeout(2), change: sampleViewChange(3) },
    {
      type: 'newView',
      epoch: 0,
      view: 3,
      changes: [0, 1].map((signer) => sampleViewChange(3, signer)),
      signature: signature(11),
    },
    {
      type: 'echo',
      epoch: 0,
      votes: [sampleVote('prepare'), sampleVote('commit')],
      change: sampleViewChange(3, 1),
    },
    { type: 'echo', epoch: 3, votes: [], change: undefined },
    ...sampleEvidence().map((evidence): PeerMessage => ({ type: 'evidence', evidence })),
  ];
}

export function samplePeerMessages(validators = 4): PeerMessage[] {
  const isLast = (index: number): boolean => index === validators - 1;
  const [even, odd] = [0, 1].map((parity) =>
    Array.from({ length: validators }, (_, index) => index % 2 === parity || isLast(index)),
  ) as [boolean[], boolean[]];
  const checkpoint = sampleCheckpoint(12);
  const block = sampleBlock(12);
  return [
    { type: 'prePrepare', epoch: 0, view: 2, block, signature: signature(1) },
    {
      type: 'vote',
      kind: 'commit',
      epoch: 0,
      view: 2,
      height: 12,
      blockHash: block.hash,
      signer: 3,
      signature: signature(2),
    },
    {
      type: 'checkpointVote',
      epoch: 2,
      height: 12,
      root: sampleDigest(12),
      signer: 1,
      signature: signature(3),
    },
    { type: 'checkpointCertified', epoch: 2, certificate: checkpoint },
    {
      type: 'status',
      epoch: 0,
      view: 2,
      phase: 'changing',
      standing: 'waking',
      committedHeight: 11,
      acceptedHeight: 14,
      preparedHeight: 13,
      proposalHeight: 15,
      executedHeight: 10,
      certifiedHeight: 9,
      lackedEnds: [4, 7],
      prepareVotes: [even, odd],
      commitVotes: [even],
      viewChanges: odd,
      clockMs: 1_750_000_000_123,
      mempoolTransactions: 17,
    },
    {
      type: 'decided',
      header: block.header,
      blockHash: block.hash,
      certificate: sampleCertificate(12, 'commit'),
    },
    { type: 'fetchBlock', blockHash: block.hash },
    { type: 'blockReply', block },
    { type: 'syncRequest', fromHeight: 3, toHeight: 9, bytesMax: 100_000 },
    {
      type: 'syncResponse',
      fromHeight: 12,
      blocks: [
        { block, certificate: sampleCertificate(12, 'commit'), checkpoint },
        { block: sampleBlock(13), certificate: sampleCertificate(13, 'commit'), checkpoint: undefined },
      ],
    },
    {
      type: 'transactionBatch',
      transactions: [
        { body: Uint8Array.of(1, 2, 3), signature: signature(4) },
        { body: new Uint8Array(500).fill(9), signature: signature(5) },
      ],
    },
    { type: 'receiptSignatureRequest', height: 12, root: sampleDigest(3) },
    {
      type: 'receiptSignatureResponse',
      height: 12,
      root: sampleDigest(3),
      signed: { publicKey: es256TestKey('acme'), signature: signature(6) },
    },
    { type: 'receiptSignatureResponse', height: 12, root: sampleDigest(3), signed: undefined },
    ...sampleViewMessages(),
  ];
}
