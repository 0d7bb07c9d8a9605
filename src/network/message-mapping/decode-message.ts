/**
 * Bytes of a PeerMessage from outside as a message of the node. Strict: size by type before anything is decoded, exactly
 * one message, every length and range, no unknown enumeration value; headers are decoded and hashed here, once. What is
 * signed is not checked here: verify-message.ts does, when the replica wants the message.
 */
import { fromBinary } from '@bufbuild/protobuf';
import type { PeerMessage as NodeMessage } from '../../node/ports.js';
import {
  PeerMessageSchema,
  type Hello,
  type PeerMessage,
} from '../../protocol/encoding/generated/countersign/v1/peer_pb.js';
import {
  fieldsToCheckpointCertificate,
  fieldsToQuorumCertificate,
  numberToVoteKind,
} from '../../protocol/pbft/wire/certificate-fields.js';
import { fieldsToEvidence } from '../../protocol/pbft/wire/evidence-fields.js';
import {
  fieldsToNewView,
  fieldsToTimeoutCertificate,
  fieldsToViewChange,
} from '../../protocol/pbft/wire/view-change-fields.js';
import { LACKED_ENDS_MAX, type Vote } from '../../protocol/pbft/message.js';
import type { BlockHash } from '../../protocol/primitives/identifiers.js';
import { accept, reject, type Result } from '../../protocol/primitives/rejection.js';
import {
  BATCH_TRANSACTIONS_MAX,
  messageTypeOfField,
  SYNC_BLOCKS_MAX,
  type MessageLimits,
  type WireMessageType,
} from './message-limits.js';
import {
  fail,
  MalformedField,
  readBlock,
  readDigest,
  readEs256Key,
  readInteger,
  readPhase,
  readResult,
  readSignature,
  readSigner,
  readStanding,
  unpackBitmap,
} from './read-fields.js';

type Content = PeerMessage['message'];
type ContentOf<Case extends Content['case']> = Extract<Content, { case: Case }>['value'];
type Missing<Value> = Exclude<Value, undefined>;

export type IncomingMessage = NodeMessage | { readonly type: 'hello'; readonly hello: Hello };

const WIRE_TYPE_BYTES = 2;
const VARINT_BITS = 7;
/** Set in every byte of a varint but the last. */
const VARINT_CONTINUED = 1 << VARINT_BITS;
/** One PREPARE and one COMMIT. */
const ECHO_VOTES_MAX = 2;

function present<Value>(value: Value, name: string): Missing<Value> {
  return value === undefined ? fail(`${name} is missing`) : (value as Missing<Value>);
}

function readPrePrepare(value: Missing<ContentOf<'prePrepare'>>, limits: MessageLimits): NodeMessage {
  const block = readBlock(value, limits);
  if (readInteger(value.height, 'height') !== block.header.height) fail('height is not that of the header');
  return {
    type: 'prePrepare',
    epoch: readInteger(value.epoch, 'epoch'),
    view: readInteger(value.view, 'view'),
    block,
    signature: readSignature(value.signature, 'signature'),
  };
}

function readVote(value: Missing<ContentOf<'vote'>>, limits: MessageLimits): Vote {
  return {
    type: 'vote',
    kind: numberToVoteKind(value.kind) ?? fail(`unknown vote kind ${value.kind}`),
    epoch: readInteger(value.epoch, 'epoch'),
    view: readInteger(value.view, 'view'),
    height: readInteger(value.height, 'height'),
    blockHash: readDigest(value.blockHash, 'block_hash') as string as BlockHash,
    signer: readSigner(value.signer, limits),
    signature: readSignature(value.signature, 'signature'),
  };
}

function readSuspect(value: Missing<ContentOf<'suspect'>>, limits: MessageLimits): NodeMessage {
  return {
    type: 'suspect',
    epoch: readInteger(value.epoch, 'epoch'),
    view: readInteger(value.view, 'view'),
    signer: readSigner(value.signer, limits),
    signature: readSignature(value.signature, 'signature'),
  };
}

function readViewChange(value: Missing<ContentOf<'viewChange'>>, limits: MessageLimits): NodeMessage {
  return {
    type: 'viewChange',
    timeout: readResult(fieldsToTimeoutCertificate(present(value.timeout, 'timeout'))),
    change: readResult(fieldsToViewChange(present(value.change, 'change'), limits)),
  };
}

function readEcho(value: Missing<ContentOf<'echo'>>, limits: MessageLimits): NodeMessage {
  if (value.votes.length > ECHO_VOTES_MAX) fail(`${value.votes.length} votes in one echo`);
  const votes = value.votes.map((vote) => readVote(vote, limits));
  if (new Set(votes.map(({ kind }) => kind)).size < votes.length) fail('two votes of one kind in one echo');
  return {
    type: 'echo',
    epoch: readInteger(value.epoch, 'epoch'),
    votes,
    change: value.change && readResult(fieldsToViewChange(value.change, limits)),
  };
}

function readStatus(value: Missing<ContentOf<'status'>>, limits: MessageLimits): NodeMessage {
  const bitmaps = (list: readonly Uint8Array[]): readonly (readonly boolean[])[] => {
    if (list.length > limits.statusHeightsMax) fail(`status speaks of ${list.length} heights`);
    return list.map(unpackBitmap);
  };
  const { lackedEnds } = value;
  if (lackedEnds.length > LACKED_ENDS_MAX) fail(`status asks for ${lackedEnds.length} ends of epochs`);
  return {
    type: 'status',
    epoch: readInteger(value.epoch, 'epoch'),
    view: readInteger(value.view, 'view'),
    phase: readPhase(value.phase),
    standing: readStanding(value.standing),
    committedHeight: readInteger(value.committedHeight, 'committed_height'),
    acceptedHeight: readInteger(value.acceptedHeight, 'accepted_height'),
    preparedHeight: readInteger(value.preparedHeight, 'prepared_height'),
    proposalHeight: readInteger(value.proposalHeight, 'proposal_height'),
    executedHeight: readInteger(value.executedHeight, 'executed_height'),
    certifiedHeight: readInteger(value.certifiedHeight, 'certified_height'),
    lackedEnds: lackedEnds.map((height) => readInteger(height, 'lacked_ends')),
    prepareVotes: bitmaps(value.prepareBitmaps),
    commitVotes: bitmaps(value.commitBitmaps),
    viewChanges: unpackBitmap(value.viewChangeBitmap),
    clockMs: readInteger(value.clockMs, 'clock_ms'),
    mempoolTransactions: value.mempoolTransactions,
  };
}

function readDecided(value: Missing<ContentOf<'decided'>>, limits: MessageLimits): NodeMessage {
  const { header, hash } = readBlock({ header: value.header, body: new Uint8Array() }, limits);
  const certificate = readResult(fieldsToQuorumCertificate(present(value.certificate, 'certificate')));
  return { type: 'decided', header, blockHash: hash, certificate };
}

function readSyncResponse(value: Missing<ContentOf<'syncResponse'>>, limits: MessageLimits): NodeMessage {
  if (value.blocks.length > SYNC_BLOCKS_MAX) fail(`${value.blocks.length} blocks in one answer`);
  return {
    type: 'syncResponse',
    fromHeight: readInteger(value.fromHeight, 'from_height'),
    blocks: value.blocks.map((synced) => ({
      block: readBlock(synced, limits),
      certificate: readResult(fieldsToQuorumCertificate(present(synced.certificate, 'certificate'))),
      checkpoint: synced.checkpoint && readResult(fieldsToCheckpointCertificate(synced.checkpoint)),
    })),
  };
}

function readTransactionBatch(
  value: Missing<ContentOf<'transactionBatch'>>,
  limits: MessageLimits,
): NodeMessage {
  const count = value.transactions.length;
  if (count === 0 || count > BATCH_TRANSACTIONS_MAX) fail(`${count} transactions in one batch`);
  return {
    type: 'transactionBatch',
    transactions: value.transactions.map(({ body, signature }) => {
      if (body.length + signature.length > limits.transactionBytesMax) {
        fail(`a transaction has ${body.length + signature.length} bytes`);
      }
      return { body: new Uint8Array(body), signature: readSignature(signature, 'signature') };
    }),
  };
}

function readReceiptSignature({
  height,
  root,
  publicKey,
  signature,
}: Missing<ContentOf<'receiptSignatureResponse'>>): NodeMessage {
  const isSigned = publicKey.length > 0 || signature.length > 0;
  return {
    type: 'receiptSignatureResponse',
    height: readInteger(height, 'height'),
    root: readDigest(root, 'root'),
    signed: isSigned
      ? { publicKey: readEs256Key(publicKey, 'public_key'), signature: readSignature(signature, 'signature') }
      : undefined,
  };
}

function readContent(content: Content, limits: MessageLimits): IncomingMessage {
  switch (content.case) {
    case 'hello':
      return { type: 'hello', hello: content.value };
    case 'prePrepare':
      return readPrePrepare(content.value, limits);
    case 'vote':
      return readVote(content.value, limits);
    case 'checkpointVote': {
      const { epoch, height, root, signer, signature } = content.value;
      return {
        type: 'checkpointVote',
        epoch: readInteger(epoch, 'epoch'),
        height: readInteger(height, 'height'),
        root: readDigest(root, 'root'),
        signer: readSigner(signer, limits),
        signature: readSignature(signature, 'signature'),
      };
    }
    case 'checkpointCertified': {
      const fields = present(content.value.certificate, 'certificate');
      return {
        type: 'checkpointCertified',
        epoch: readInteger(content.value.epoch, 'epoch'),
        certificate: readResult(fieldsToCheckpointCertificate(fields)),
      };
    }
    case 'suspect':
      return readSuspect(content.value, limits);
    case 'viewChange':
      return readViewChange(content.value, limits);
    case 'newView':
      return { type: 'newView', ...readResult(fieldsToNewView(content.value, limits)) };
    case 'echo':
      return readEcho(content.value, limits);
    case 'evidence':
      return { type: 'evidence', evidence: readResult(fieldsToEvidence(content.value, limits)) };
    case 'status':
      return readStatus(content.value, limits);
    case 'decided':
      return readDecided(content.value, limits);
    case 'fetchBlock': {
      const blockHash = readDigest(content.value.blockHash, 'block_hash') as string as BlockHash;
      return { type: 'fetchBlock', blockHash };
    }
    case 'blockReply':
      return { type: 'blockReply', block: readBlock(content.value, limits) };
    case 'syncRequest': {
      const fromHeight = readInteger(content.value.fromHeight, 'from_height');
      const toHeight = readInteger(content.value.toHeight, 'to_height');
      if (fromHeight < 1 || toHeight < fromHeight) fail(`asks for blocks ${fromHeight} to ${toHeight}`);
      return { type: 'syncRequest', fromHeight, toHeight, bytesMax: content.value.bytesMax };
    }
    case 'syncResponse':
      return readSyncResponse(content.value, limits);
    case 'transactionBatch':
      return readTransactionBatch(content.value, limits);
    case 'receiptSignatureRequest':
      return {
        type: content.case,
        height: readInteger(content.value.height, 'height'),
        root: readDigest(content.value.root, 'root'),
      };
    case 'receiptSignatureResponse':
      return readReceiptSignature(content.value);
    case undefined:
      return fail('it is empty');
  }
}

/**
 * Type of the message, from the tag that opens it: field number ‖ wire type as a varint, which takes one byte up to field
 * 15 and two up to field 2,047. `undefined` for an unknown field, and for a spelling longer than it need be.
 */
function readType(bytes: Uint8Array): WireMessageType | undefined {
  const [low = 0, high = 0] = bytes;
  const isShort = low < VARINT_CONTINUED;
  if (!isShort && (high === 0 || high >= VARINT_CONTINUED)) return undefined;
  const tag = isShort ? low : (low & (VARINT_CONTINUED - 1)) | (high << VARINT_BITS);
  return (tag & 7) === WIRE_TYPE_BYTES ? messageTypeOfField(tag >> 3) : undefined;
}

/** Rejection: MESSAGE_MALFORMED. Total: no bytes make it throw. */
export function decodeMessage(bytes: Uint8Array, limits: MessageLimits): Result<IncomingMessage> {
  const type = readType(bytes);
  if (type === undefined) return reject('MESSAGE_MALFORMED', 'the type of the message is unknown');
  if (bytes.length > limits.bytesMax[type]) {
    return reject(
      'MESSAGE_MALFORMED',
      `${type}: ${bytes.length} bytes, the limit is ${limits.bytesMax[type]}`,
    );
  }
  let message: PeerMessage;
  try {
    message = fromBinary(PeerMessageSchema, bytes, { readUnknownFields: false });
  } catch {
    return reject('MESSAGE_MALFORMED', `${type}: not a protobuf PeerMessage`);
  }
  try {
    const incoming = readContent(message.message, limits);
    // A second member of the oneof would replace the one whose size was judged.
    return incoming.type === type
      ? accept(incoming)
      : reject('MESSAGE_MALFORMED', `${type}: two messages in one`);
  } catch (error) {
    if (error instanceof MalformedField) return reject('MESSAGE_MALFORMED', `${type}: ${error.message}`);
    throw error;
  }
}
