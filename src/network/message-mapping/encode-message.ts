/** A message of the node as the bytes of a PeerMessage: encoded once, whoever it goes to. */
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import type { PeerMessage, ReceiptSignatureRequest, ReceiptSignatureResponse } from '../../node/ports.js';
import {
  PeerMessageSchema,
  Phase as PhaseNumber,
  Standing as StandingNumber,
  type VoteSchema,
  type Hello,
} from '../../protocol/encoding/generated/countersign/v1/peer_pb.js';
import { encodeHeader } from '../../protocol/ledger/block-header.js';
import {
  checkpointCertificateToFields,
  quorumCertificateToFields,
  voteKindToNumber,
} from '../../protocol/pbft/wire/certificate-fields.js';
import { evidenceToFields } from '../../protocol/pbft/wire/evidence-fields.js';
import {
  newViewToFields,
  timeoutCertificateToFields,
  viewChangeToFields,
} from '../../protocol/pbft/wire/view-change-fields.js';
import type { CheckpointVote, Echo, Standing, Status, Suspect, Vote } from '../../protocol/pbft/message.js';
import { hexToBytes } from '../../protocol/primitives/bytes.js';

type OneofFields = NonNullable<MessageInitShape<typeof PeerMessageSchema>['message']>;
export type HelloFields = Omit<Hello, '$typeName' | '$unknown'>;

export const STANDING_NUMBER = {
  voting: StandingNumber.VOTING,
  waking: StandingNumber.WAKING,
  observing: StandingNumber.OBSERVING,
  quarantined: StandingNumber.QUARANTINED,
  halted: StandingNumber.HALTED,
} as const satisfies Record<Standing, StandingNumber>;

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
      standing: STANDING_NUMBER[status.standing],
      committedHeight: BigInt(status.committedHeight),
      acceptedHeight: BigInt(status.acceptedHeight),
      preparedHeight: BigInt(status.preparedHeight),
      proposalHeight: BigInt(status.proposalHeight),
      executedHeight: BigInt(status.executedHeight),
      certifiedHeight: BigInt(status.certifiedHeight),
      prepareBitmaps: status.prepareVotes.map(packBitmap),
      commitBitmaps: status.commitVotes.map(packBitmap),
      viewChangeBitmap: packBitmap(status.viewChanges),
      clockMs: BigInt(status.clockMs),
      mempoolTransactions: status.mempoolTransactions,
      lackedEnds: status.lackedEnds.map(BigInt),
    },
  };
}

function voteFields(vote: Vote) {
  return {
    kind: voteKindToNumber(vote.kind),
    epoch: BigInt(vote.epoch),
    view: BigInt(vote.view),
    height: BigInt(vote.height),
    blockHash: hexToBytes(vote.blockHash),
    signer: vote.signer,
    signature: vote.signature,
  } satisfies MessageInitShape<typeof VoteSchema>;
}

function checkpointVoteFields({ epoch, height, root, signer, signature }: CheckpointVote): OneofFields {
  const value = { epoch: BigInt(epoch), height: BigInt(height), root: hexToBytes(root), signer, signature };
  return { case: 'checkpointVote', value };
}

function suspectFields({ epoch, view, signer, signature }: Suspect): OneofFields {
  return { case: 'suspect', value: { epoch: BigInt(epoch), view: BigInt(view), signer, signature } };
}

function echoFields({ epoch, votes, change }: Echo): OneofFields {
  return {
    case: 'echo',
    value: {
      epoch: BigInt(epoch),
      votes: votes.map(voteFields),
      ...(change === undefined ? {} : { change: viewChangeToFields(change) }),
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

function receiptSignatureFields(message: ReceiptSignatureRequest | ReceiptSignatureResponse): OneofFields {
  const { type, height, root } = message;
  const value = { height: BigInt(height), root: hexToBytes(root) };
  if (type === 'receiptSignatureRequest') return { case: type, value };
  if (message.signed === undefined) return { case: type, value };
  const { publicKey, signature } = message.signed;
  return { case: type, value: { ...value, publicKey: hexToBytes(publicKey), signature } };
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
      return { case: 'vote', value: voteFields(message) };
    case 'checkpointVote':
      return checkpointVoteFields(message);
    case 'checkpointCertified': {
      const certificate = checkpointCertificateToFields(message.certificate);
      return { case: 'checkpointCertified', value: { epoch: BigInt(message.epoch), certificate } };
    }
    case 'suspect':
      return suspectFields(message);
    case 'viewChange': {
      const timeout = timeoutCertificateToFields(message.timeout);
      return { case: 'viewChange', value: { timeout, change: viewChangeToFields(message.change) } };
    }
    case 'newView':
      return { case: 'newView', value: newViewToFields(message) };
    case 'echo':
      return echoFields(message);
    case 'evidence':
      return { case: 'evidence', value: evidenceToFields(message.evidence) };
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
    case 'receiptSignatureRequest':
    case 'receiptSignatureResponse':
      return receiptSignatureFields(message);
  }
}

export function encodeMessage(message: PeerMessage): Uint8Array {
  return toBinary(PeerMessageSchema, create(PeerMessageSchema, { message: messageFields(message) }));
}

export function encodeHello(hello: HelloFields): Uint8Array {
  const message = create(PeerMessageSchema, { message: { case: 'hello', value: hello } });
  return toBinary(PeerMessageSchema, message);
}
