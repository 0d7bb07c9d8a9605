/** A message of the node as the bytes of a PeerMessage: encoded once, whoever it goes to. */
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import type { PeerMessage } from '../../node/ports.js';
import {
  PeerMessageSchema,
  Phase as PhaseNumber,
  type Hello,
} from '../../protocol/encoding/generated/countersign/v1/peer_pb.js';
import { encodeHeader } from '../../protocol/ledger/block-header.js';
import {
  checkpointCertificateToFields,
  quorumCertificateToFields,
  voteKindToNumber,
} from '../../protocol/pbft/certificate-message.js';
import type { Status } from '../../protocol/pbft/message.js';
import { hexToBytes } from '../../protocol/primitives/bytes.js';

type OneofFields = NonNullable<MessageInitShape<typeof PeerMessageSchema>['message']>;
export type HelloFields = Omit<Hello, '$typeName' | '$unknown'>;

/** Bit i of byte i/8, least significant first. */
export function packBitmap(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) {
    if (bit) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}

function statusFields(status: Status): OneofFields {
  return {
    case: 'status',
    value: {
      epoch: BigInt(status.epoch),
      view: BigInt(status.view),
      phase: status.phase === 'active' ? PhaseNumber.ACTIVE : PhaseNumber.CHANGING,
      committedHeight: BigInt(status.committedHeight),
      acceptedHeight: BigInt(status.acceptedHeight),
      preparedHeight: BigInt(status.preparedHeight),
      proposalHeight: BigInt(status.proposalHeight),
      executedHeight: BigInt(status.executedHeight),
      certifiedHeight: BigInt(status.certifiedHeight),
      prepareBitmaps: status.prepareVotes.map(packBitmap),
      commitBitmaps: status.commitVotes.map(packBitmap),
      clockMs: BigInt(status.clockMs),
      mempoolTransactions: status.mempoolTransactions,
    },
  };
}

function voteFields(message: Extract<PeerMessage, { type: 'vote' }>): OneofFields {
  return {
    case: 'vote',
    value: {
      kind: voteKindToNumber(message.kind),
      epoch: BigInt(message.epoch),
      view: BigInt(message.view),
      height: BigInt(message.height),
      blockHash: hexToBytes(message.blockHash),
      signer: message.signer,
      signature: message.signature,
    },
  };
}

function syncFields(message: Extract<PeerMessage, { type: 'syncResponse' }>): OneofFields {
  return {
    case: 'syncResponse',
    value: {
      fromHeight: BigInt(message.fromHeight),
      blocks: message.blocks.map(({ block, certificate, checkpoint }) => ({
        header: encodeHeader(block.header),
        body: block.body,
        certificate: quorumCertificateToFields(certificate),
        ...(checkpoint === undefined ? {} : { checkpoint: checkpointCertificateToFields(checkpoint) }),
      })),
    },
  };
}

function messageFields(message: PeerMessage): OneofFields {
  switch (message.type) {
    case 'prePrepare':
      return {
        case: 'prePrepare',
        value: {
          epoch: BigInt(message.epoch),
          view: BigInt(message.view),
          height: BigInt(message.block.header.height),
          header: encodeHeader(message.block.header),
          body: message.block.body,
          signature: message.signature,
        },
      };
    case 'vote':
      return voteFields(message);
    case 'checkpointVote': {
      const { height, root, signer, signature } = message;
      const value = { height: BigInt(height), root: hexToBytes(root), signer, signature };
      return { case: 'checkpointVote', value };
    }
    case 'checkpointCertified':
      return {
        case: 'checkpointCertificate',
        value: checkpointCertificateToFields(message.certificate),
      };
    case 'status':
      return statusFields(message);
    case 'decided': {
      const certificate = quorumCertificateToFields(message.certificate);
      return { case: 'decided', value: { header: encodeHeader(message.header), certificate } };
    }
    case 'fetchBlock':
      return { case: 'fetchBlock', value: { blockHash: hexToBytes(message.blockHash) } };
    case 'blockReply': {
      const { header, body } = message.block;
      return { case: 'blockReply', value: { header: encodeHeader(header), body } };
    }
    case 'syncRequest': {
      const { fromHeight, toHeight, bytesMax } = message;
      const value = { fromHeight: BigInt(fromHeight), toHeight: BigInt(toHeight), bytesMax };
      return { case: 'syncRequest', value };
    }
    case 'syncResponse':
      return syncFields(message);
    case 'transactionBatch':
      return {
        case: 'transactionBatch',
        value: {
          transactions: message.transactions.map(({ body, signature }) => ({ body, signature })),
        },
      };
  }
}

export function encodeMessage(message: PeerMessage): Uint8Array {
  return toBinary(PeerMessageSchema, create(PeerMessageSchema, { message: messageFields(message) }));
}

export function encodeHello(hello: HelloFields): Uint8Array {
  const message = create(PeerMessageSchema, { message: { case: 'hello', value: hello } });
  return toBinary(PeerMessageSchema, message);
}
