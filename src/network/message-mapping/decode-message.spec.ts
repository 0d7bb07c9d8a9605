import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { samplePeerMessages } from '../../../test/support/peer-message-samples.js';
import { sampleBlock, sampleCertificate } from '../../../test/support/journal-samples.js';
import {
  PeerMessageSchema,
  Phase,
  Standing,
  VoteKind,
} from '../../protocol/encoding/generated/countersign/v1/peer_pb.js';
import { encodeHeader } from '../../protocol/ledger/block-header.js';
import { ORGANISATIONS_MAX } from '../../protocol/ledger/genesis.js';
import { DEFAULT_PARAMETERS } from '../../protocol/ledger/genesis-parameters.js';
import type { Status } from '../../protocol/pbft/message.js';
import { quorumCertificateToFields } from '../../protocol/pbft/wire/certificate-fields.js';
import { decodeMessage } from './decode-message.js';
import { encodeMessage, packBitmap } from './encode-message.js';
import { MESSAGE_FIELD, messageLimits } from './message-limits.js';

const limits = messageLimits(4, DEFAULT_PARAMETERS);
const samples = samplePeerMessages();
type Content = NonNullable<MessageInitShape<typeof PeerMessageSchema>['message']>;

function decodeContent(message: Content) {
  return decodeMessage(toBinary(PeerMessageSchema, create(PeerMessageSchema, { message })), limits);
}

const header = encodeHeader(sampleBlock(12).header);
const body = sampleBlock(12).body;
const signature = new Uint8Array(64);
const digest = new Uint8Array(32);
const vote = {
  kind: VoteKind.PREPARE,
  epoch: 0n,
  view: 1n,
  height: 5n,
  blockHash: digest,
  signer: 3,
  signature,
};
/** All false but the last. */
const bitsUpTo = (last: number): boolean[] => Array.from({ length: last + 1 }, (_, index) => index === last);
const bitmap = packBitmap([true, false, true, true]);
const status = {
  phase: Phase.ACTIVE,
  standing: Standing.VOTING,
  prepareBitmaps: [bitmap],
  viewChangeBitmap: bitmap,
};
const certificate = quorumCertificateToFields(sampleCertificate(12));

/** An enumeration value that the generated code has no name for. */
const unknown = (value: number) => value as never;

const malformed: readonly [string, Content][] = [
  ['an unknown vote kind', { case: 'vote', value: { ...vote, kind: unknown(3) } }],
  ['no vote kind', { case: 'vote', value: { ...vote, kind: VoteKind.UNSPECIFIED } }],
  ['a signer beyond every set', { case: 'vote', value: { ...vote, signer: ORGANISATIONS_MAX } }],
  ['a short block hash', { case: 'vote', value: { ...vote, blockHash: new Uint8Array(31) } }],
  ['a long signature', { case: 'vote', value: { ...vote, signature: new Uint8Array(65) } }],
  ['a height beyond 2^53', { case: 'vote', value: { ...vote, height: 2n ** 53n } }],
  ['a view beyond 2^53', { case: 'vote', value: { ...vote, view: 2n ** 64n - 1n } }],
  ['no phase', { case: 'status', value: { ...status, phase: Phase.UNSPECIFIED } }],
  ['an unknown phase', { case: 'status', value: { ...status, phase: unknown(9) } }],
  ['no standing', { case: 'status', value: { ...status, standing: Standing.UNSPECIFIED } }],
  ['an unknown standing', { case: 'status', value: { ...status, standing: unknown(6) } }],
  [
    'a bit beyond every set among the view changes',
    { case: 'status', value: { ...status, viewChangeBitmap: packBitmap(bitsUpTo(ORGANISATIONS_MAX)) } },
  ],
  [
    'a bitmap longer than every set',
    { case: 'status', value: { ...status, prepareBitmaps: [new Uint8Array(14)] } },
  ],
  [
    'a bit beyond every set',
    { case: 'status', value: { ...status, commitBitmaps: [packBitmap(bitsUpTo(ORGANISATIONS_MAX))] } },
  ],
  [
    'bitmaps of too many heights',
    {
      case: 'status',
      value: { ...status, prepareBitmaps: Array.from({ length: 25 }, () => Uint8Array.of(1)) },
    },
  ],
  ['a header cut short', { case: 'blockReply', value: { header: header.slice(1), body } }],
  [
    'a header with a byte too many',
    { case: 'blockReply', value: { header: Uint8Array.of(...header, 0), body } },
  ],
  ['another height than the header', { case: 'prePrepare', value: { height: 13n, header, body, signature } }],
  [
    'a body above the limit',
    { case: 'blockReply', value: { header, body: new Uint8Array(limits.bodyBytesMax + 1) } },
  ],
  ['no certificate', { case: 'decided', value: { header } }],
  [
    'signers that do not ascend',
    {
      case: 'decided',
      value: { header, certificate: { ...certificate, signatures: certificate.signatures.toReversed() } },
    },
  ],
  [
    'a signer twice',
    {
      case: 'decided',
      value: {
        header,
        certificate: { ...certificate, signatures: [0, 0, 2].map((signer) => ({ signer, signature })) },
      },
    },
  ],
  [
    'a certificate without signatures',
    { case: 'checkpointCertified', value: { certificate: { height: 1n, root: digest } } },
  ],
  ['no checkpoint certificate', { case: 'checkpointCertified', value: { epoch: 1n } }],
  [
    'a checkpoint of an epoch beyond 2^53',
    { case: 'checkpointVote', value: { epoch: 2n ** 53n, height: 1n, root: digest, signer: 1, signature } },
  ],
  ['an echo of an epoch beyond 2^53', { case: 'echo', value: { epoch: 2n ** 53n } }],
  ['five lacked ends of epochs', { case: 'status', value: { ...status, lackedEnds: [1n, 2n, 3n, 4n, 5n] } }],
  ['a lacked end beyond 2^53', { case: 'status', value: { ...status, lackedEnds: [2n ** 53n] } }],
  ['a range that runs backwards', { case: 'syncRequest', value: { fromHeight: 5n, toHeight: 4n } }],
  ['a request for genesis', { case: 'syncRequest', value: { fromHeight: 0n, toHeight: 4n } }],
  ['an empty batch', { case: 'transactionBatch', value: {} }],
  [
    'a batch with too many transactions',
    {
      case: 'transactionBatch',
      value: { transactions: Array.from({ length: 1025 }, () => ({ body: digest, signature })) },
    },
  ],
  [
    'a transaction above the limit',
    {
      case: 'transactionBatch',
      value: {
        transactions: [{ body: new Uint8Array(DEFAULT_PARAMETERS.transactionBytesMax), signature }],
      },
    },
  ],
  [
    'a transaction without signature',
    { case: 'transactionBatch', value: { transactions: [{ body: digest }] } },
  ],
  [
    'too many blocks',
    {
      case: 'syncResponse',
      value: { fromHeight: 1n, blocks: Array.from({ length: 65 }, () => ({ header, body, certificate })) },
    },
  ],
];

describe('message mapping', () => {
  it.each(samples.map((message) => [message.type, message] as const))(
    'keeps a %s as it is',
    (_type, message) => {
      const decoded = decodeMessage(encodeMessage(message), limits);
      expect(decoded).toEqual({ ok: true, value: message });
    },
  );

  it('has a limit and a field for each type', () => {
    expect(Object.keys(limits.bytesMax).sort()).toEqual(Object.keys(MESSAGE_FIELD).sort());
    for (const message of samples) {
      const [low, high] = encodeMessage(message);
      const tag = low! < 0x80 ? low! : (low! & 0x7f) | (high! << 7);
      expect(tag >> 3).toBe(MESSAGE_FIELD[message.type]);
    }
    expect(new Set(samples.map(({ type }) => type)).size).toBe(Object.keys(MESSAGE_FIELD).length - 1);
  });

  it('copies what it keeps', () => {
    for (const message of samples) {
      const bytes = encodeMessage(message);
      const decoded = decodeMessage(bytes, limits);
      bytes.fill(0);
      expect(decoded).toEqual({ ok: true, value: message });
    }
  });

  it.each(malformed)('refuses %s', (_what, content) => {
    const decoded = decodeContent(content);
    expect(decoded).toMatchObject({ ok: false, rejection: { code: 'MESSAGE_MALFORMED' } });
  });

  it('reads bitmaps of every length up to the largest set, without what is not set at their end', () => {
    const lists = [
      [[], []],
      [[false], []],
      [
        [true, false, true, false],
        [true, false, true],
      ],
      [[false, false, false, false, false, false, false, false, true], bitsUpTo(8)],
      [bitsUpTo(ORGANISATIONS_MAX - 1), bitsUpTo(ORGANISATIONS_MAX - 1)],
    ] as const;
    for (const [said, heard] of lists) {
      const message = samples.find(({ type }) => type === 'status') as Status;
      const sent = { ...message, prepareVotes: [said], commitVotes: [said], viewChanges: said };
      const value = { ...message, prepareVotes: [heard], commitVotes: [heard], viewChanges: heard };
      expect(decodeMessage(encodeMessage(sent), limits)).toEqual({ ok: true, value });
    }
  });

  it('reads a type of two bytes in its shortest spelling alone', () => {
    const echo = encodeMessage({ type: 'echo', epoch: 0, votes: [], change: undefined });
    expect([...echo]).toEqual([0x82, 0x01, 0]);
    expect(decodeMessage(echo, limits)).toMatchObject({ ok: true, value: { type: 'echo' } });
    const spellings = [[0x82, 0x81, 0, 0], [0x82], [0x80, 0x01, 0], [0xa2, 0x01, 0], [0x9a, 0, 0]];
    for (const bytes of spellings) {
      expect(decodeMessage(Uint8Array.from(bytes), limits)).toMatchObject({
        ok: false,
        rejection: { code: 'MESSAGE_MALFORMED', message: 'the type of the message is unknown' },
      });
    }
  });

  it('refuses an empty message, an unknown type, and two in one', () => {
    const two = Buffer.concat([encodeMessage(samples[1]!), encodeMessage(samples[6]!)]);
    for (const bytes of [new Uint8Array(), Uint8Array.of(0x7a, 0), Uint8Array.of(0x18, 1), two]) {
      expect(decodeMessage(bytes, limits)).toMatchObject({
        ok: false,
        rejection: { code: 'MESSAGE_MALFORMED' },
      });
    }
  });

  it('judges the size by type before it decodes', () => {
    const bytes = encodeMessage(samples[1]!);
    const padded = Buffer.concat([bytes, Buffer.alloc(limits.bytesMax.vote)]);
    expect(decodeMessage(padded, limits)).toMatchObject({
      ok: false,
      rejection: { message: expect.stringContaining('the limit is') },
    });
  });

  it('never throws, whatever comes', () => {
    const encoded = samples.map(encodeMessage);
    const change = fc.record({
      sample: fc.nat(encoded.length - 1),
      at: fc.nat(),
      bytes: fc.uint8Array({ maxLength: 12 }),
      cut: fc.nat(8),
    });
    fc.assert(
      fc.property(change, ({ sample, at, bytes, cut }) => {
        const original = Buffer.from(encoded[sample]!);
        const start = at % original.length;
        const mutated = Buffer.concat([original.subarray(0, start), bytes, original.subarray(start + cut)]);
        expect(typeof decodeMessage(mutated, limits).ok).toBe('boolean');
      }),
      { numRuns: 5_000 },
    );
  });
});
