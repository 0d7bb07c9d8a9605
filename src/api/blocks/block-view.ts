/** From a stored block to the body of /v1/blocks. */
import type { BlockSummary } from '../../node/ports.js';
import { decodeResultRecord } from '../../protocol/ledger/result-record.js';
import type { QuorumCertificate } from '../../protocol/pbft/certificate.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { timestampToText } from '../pages/value-schemas.js';
import type { BlockBodyView, CommitCertificateBody } from './block-schemas.js';

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function resultOf(block: BlockSummary): BlockBodyView['result'] {
  const record = decodeResultRecord(block.resultRecord);
  if (record.ok) {
    const { entryCount, entriesRoot, stateRoot } = record.value;
    return { entryCount, entriesRoot, stateRoot, record: base64(block.resultRecord) };
  }
  throw new LedgerError(
    'DATABASE_CORRUPT',
    `the result record of block ${block.height} cannot be decoded (${record.rejection.message}); run "countersign audit run"`,
  );
}

export function certificateToBody({ view, signatures }: QuorumCertificate): CommitCertificateBody {
  return {
    view,
    signatures: signatures.map(({ signer, signature }) => ({
      validator: signer,
      signature: base64(signature),
    })),
  };
}

export function blockToBody(block: BlockSummary): BlockBodyView {
  const { header, certificate } = block;
  return {
    height: block.height,
    hash: block.hash,
    parentHash: header.parentHash,
    timestamp: timestampToText(header.timestampMs),
    epoch: header.epoch,
    epochFinal: header.epochFinal,
    originView: header.originView,
    proposer: header.proposer,
    transactionCount: header.transactionCount,
    transactionRoot: header.transactionRoot,
    bodyBytes: header.bodyBytes,
    resultRoot: header.resultRoot,
    validatorsDigest: header.validatorsDigest,
    nextValidatorsDigest: header.nextValidatorsDigest,
    header: base64(block.headerBytes),
    result: resultOf(block),
    certified: block.certified,
    ...(certificate === undefined ? {} : { certificate: certificateToBody(certificate) }),
  };
}
