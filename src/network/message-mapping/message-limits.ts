/**
 * How large a message of each type may be, judged by its length prefix before anything is decoded. Derived from the largest
 * parameters and set that this node knows of; what a node that lags behind needs to follow has room for every set there can be.
 */
import { ORGANISATIONS_MAX } from '../../protocol/ledger/genesis.js';
import type { PeerLimits } from '../../node/ports.js';
import {
  PARAMETER_NAMES,
  PARAMETER_RANGES,
  type GenesisParameters,
} from '../../protocol/ledger/genesis-parameters.js';
import { LACKED_ENDS_MAX } from '../../protocol/pbft/message.js';
import { quorumSize } from '../../protocol/primitives/quorum.js';

/** Field numbers of PeerMessage's oneof (proto/countersign/v1/peer.proto). */
export const MESSAGE_FIELD = {
  hello: 1,
  prePrepare: 2,
  vote: 3,
  checkpointVote: 4,
  checkpointCertified: 5,
  status: 6,
  decided: 7,
  fetchBlock: 8,
  blockReply: 9,
  syncRequest: 10,
  syncResponse: 11,
  transactionBatch: 12,
  suspect: 13,
  viewChange: 14,
  newView: 15,
  echo: 16,
  evidence: 17,
  receiptSignatureRequest: 18,
  receiptSignatureResponse: 19,
} as const;

export type WireMessageType = keyof typeof MESSAGE_FIELD;

const TYPE_OF_FIELD: ReadonlyMap<number, WireMessageType> = new Map(
  (Object.keys(MESSAGE_FIELD) as WireMessageType[]).map((type) => [MESSAGE_FIELD[type], type]),
);

export function messageTypeOfField(field: number): WireMessageType | undefined {
  return TYPE_OF_FIELD.get(field);
}

/** Tag and length of a transaction, of its body and of its signature. */
const FRAMING_BYTES_PER_TRANSACTION = 18;
const HEADER_BYTES_MAX = 512;
const SIGNER_SIGNATURE_BYTES_MAX = 80;
const FIXED_FIELDS_BYTES_MAX = 512;
/** Bit i of a bitmap is a validator's: this many bytes have room for every set there can be. */
export const BITMAP_BYTES_MAX = Math.ceil(ORGANISATIONS_MAX / 8);
const HEIGHT_BYTES_MAX = 10;
/** View, height and hash of a tip inside evidence. */
const POINT_OF_VIEW_BYTES_MAX = 64;
/** Bytes of blocks that one SyncResponse may carry, unless a single block is larger. */
export const SYNC_BYTES_MAX = 4 * 1024 * 1024;
export const SYNC_BLOCKS_MAX = 64;
/** 18 bytes of framing on the smallest transaction are less than a quarter of it. */
const SYNC_FRAMING_FACTOR = 1.25;
export const BATCH_TRANSACTIONS_MAX = 1_024;
const BATCH_BYTES_MAX = 1024 * 1024;

export interface MessageLimits {
  /** Signers are below it, and each signs once: of any set there can be, since a message may be of another epoch. */
  readonly validators: number;
  /** L: tips of a view change, and headers of a tip. */
  readonly pipelineDepth: number;
  readonly bodyBytesMax: number;
  readonly transactionBytesMax: number;
  /** Heights that a Status may speak of. */
  readonly statusHeightsMax: number;
  readonly bytesMax: Readonly<Record<WireMessageType, number>>;
  /** The largest of them. */
  readonly messageBytesMax: number;
}

type ViewMessageType = 'suspect' | 'viewChange' | 'newView' | 'echo' | 'evidence';

/** A view change has at most L tips, each of one certificate and at most L headers; a new view has Q view changes. */
function viewMessageBytesMax(
  validators: number,
  pipelineDepth: number,
  certificateMax: number,
): Record<ViewMessageType, number> {
  const tipMax = certificateMax + pipelineDepth * HEADER_BYTES_MAX;
  const changeMax = FIXED_FIELDS_BYTES_MAX + certificateMax + pipelineDepth * tipMax;
  return {
    suspect: FIXED_FIELDS_BYTES_MAX,
    viewChange: changeMax + certificateMax,
    newView: FIXED_FIELDS_BYTES_MAX + quorumSize(validators) * changeMax,
    echo: FIXED_FIELDS_BYTES_MAX + changeMax,
    evidence: FIXED_FIELDS_BYTES_MAX + certificateMax + pipelineDepth * POINT_OF_VIEW_BYTES_MAX,
  };
}

/** Of sets of up to `validators`. */
export function messageLimits(validators: number, parameters: GenesisParameters): MessageLimits {
  const { blockBytesMax, blockTransactionsMax, transactionBytesMax, pipelineDepth } = parameters;
  const bodyBytesMax = blockBytesMax + FRAMING_BYTES_PER_TRANSACTION * blockTransactionsMax;
  const blockMax = bodyBytesMax + HEADER_BYTES_MAX + FIXED_FIELDS_BYTES_MAX;
  const certificateMax = (signers: number): number =>
    FIXED_FIELDS_BYTES_MAX + SIGNER_SIGNATURE_BYTES_MAX * signers;
  const anyCertificateMax = certificateMax(ORGANISATIONS_MAX);
  const statusHeightsMax = 3 * pipelineDepth;
  const syncedBlockMax = blockMax + 2 * anyCertificateMax;
  const bytesMax: Record<WireMessageType, number> = {
    hello: 1024,
    prePrepare: blockMax,
    vote: FIXED_FIELDS_BYTES_MAX,
    checkpointVote: FIXED_FIELDS_BYTES_MAX,
    checkpointCertified: FIXED_FIELDS_BYTES_MAX + anyCertificateMax,
    // Two bitmaps for each height, and one of view changes.
    status:
      FIXED_FIELDS_BYTES_MAX +
      (2 * statusHeightsMax + 1) * (BITMAP_BYTES_MAX + 4) +
      LACKED_ENDS_MAX * HEIGHT_BYTES_MAX,
    decided: HEADER_BYTES_MAX + anyCertificateMax,
    fetchBlock: 64,
    blockReply: blockMax,
    syncRequest: 64,
    // Bodies up to the bound or one single block; a sender may count transactions without their framing.
    syncResponse:
      Math.ceil(SYNC_FRAMING_FACTOR * Math.max(SYNC_BYTES_MAX, bodyBytesMax)) +
      SYNC_BLOCKS_MAX * (syncedBlockMax - bodyBytesMax),
    transactionBatch: BATCH_BYTES_MAX + FRAMING_BYTES_PER_TRANSACTION * BATCH_TRANSACTIONS_MAX,
    receiptSignatureRequest: 64,
    receiptSignatureResponse: FIXED_FIELDS_BYTES_MAX,
    ...viewMessageBytesMax(validators, pipelineDepth, certificateMax(validators)),
  };
  return {
    validators: ORGANISATIONS_MAX,
    pipelineDepth,
    bodyBytesMax,
    transactionBytesMax,
    statusHeightsMax,
    bytesMax: {
      ...bytesMax,
      transactionBatch: Math.max(
        bytesMax.transactionBatch,
        transactionBytesMax + FRAMING_BYTES_PER_TRANSACTION,
      ),
    },
    messageBytesMax: Math.max(...Object.values(bytesMax)),
  };
}

type Pick = (name: (typeof PARAMETER_NAMES)[number]) => number;

function parametersOf(pick: Pick): GenesisParameters {
  return Object.fromEntries(
    PARAMETER_NAMES.map((name) => [name, pick(name)]),
  ) as unknown as GenesisParameters;
}

/** What both allow: blocks of an earlier epoch are still served, and fetched. */
export function widerLimits(known: PeerLimits, told: PeerLimits): PeerLimits {
  return {
    validators: Math.max(known.validators, told.validators),
    parameters: parametersOf((name) => Math.max(known.parameters[name], told.parameters[name])),
  };
}

/** Bytes of the largest message that any ledger can allow. */
export const MESSAGE_BYTES_MAX = messageLimits(
  ORGANISATIONS_MAX,
  parametersOf((name) => PARAMETER_RANGES[name][1]),
).messageBytesMax;
