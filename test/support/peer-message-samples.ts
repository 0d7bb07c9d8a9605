/** One well-formed message of each type, for a consortium of `validators` members. */
import type { PeerMessage } from '../../src/node/ports.js';
import { sampleBlock, sampleCertificate, sampleDigest } from './journal-samples.js';

const signature = (seed: number): Uint8Array => new Uint8Array(64).fill(seed);

export function samplePeerMessages(validators = 4): PeerMessage[] {
  const votes = Array.from({ length: validators }, (_, index) => index % 2 === 0);
  const checkpoint = {
    height: 12,
    root: sampleDigest(12),
    signatures: [0, 1, 3].map((signer) => ({ signer, signature: signature(signer) })),
  };
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
    { type: 'checkpointVote', height: 12, root: sampleDigest(12), signer: 1, signature: signature(3) },
    { type: 'checkpointCertified', certificate: checkpoint },
    {
      type: 'status',
      epoch: 0,
      view: 2,
      phase: 'changing',
      committedHeight: 11,
      acceptedHeight: 14,
      preparedHeight: 13,
      proposalHeight: 15,
      executedHeight: 10,
      certifiedHeight: 9,
      prepareVotes: [votes, votes.map((vote) => !vote)],
      commitVotes: [votes],
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
  ];
}
