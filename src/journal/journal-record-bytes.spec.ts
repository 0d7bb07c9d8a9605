import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  sampleBlock,
  sampleCertificate,
  sampleCheckpoint,
  sampleRecord,
  sampleTimeout,
  sampleViewChange,
  sampleViewChangeContent,
} from '../../test/support/journal-samples.js';
import {
  arbitraryContent,
  arbitraryEnteredView,
  arbitraryTimeout,
} from '../../test/support/view-change-arbitraries.js';
import { JournalRecordSchema } from '../protocol/encoding/generated/countersign/v1/journal_pb.js';
import { encodeHeader } from '../protocol/ledger/block-header.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import {
  checkpointCertificateToFields,
  quorumCertificateToFields,
} from '../protocol/pbft/wire/certificate-fields.js';
import {
  newViewToFields,
  timeoutCertificateToFields,
  viewChangeContentToFields,
  viewChangeToFields,
} from '../protocol/pbft/wire/view-change-fields.js';
import { decodeJournalRecord, encodeJournalRecord, journalRecordHeight } from './journal-record-bytes.js';

const KINDS = [
  'prepared',
  'locked',
  'committed',
  'checkpointSigned',
  'viewLeft',
  'viewEntered',
  'endCertified',
] as const satisfies readonly JournalRecord['type'][];

const samples: readonly JournalRecord[] = [
  ...KINDS.map((kind) => sampleRecord(3, kind)),
  { ...(sampleRecord(3, 'committed') as Extract<JournalRecord, { type: 'committed' }>), block: undefined },
  // Of the view's primary: without signature.
  sampleRecord(4, 'viewEntered'),
];

type Content = NonNullable<MessageInitShape<typeof JournalRecordSchema>['record']>;
const bytesOf = (record: Content): Uint8Array =>
  toBinary(JournalRecordSchema, create(JournalRecordSchema, { record }));

const TOO_LARGE = 2n ** 53n;
const { body } = sampleBlock(3);
const header = encodeHeader(sampleBlock(3).header);
const certificate = quorumCertificateToFields(sampleCertificate(3));
const checkpoint = checkpointCertificateToFields(sampleCheckpoint(3));
const timeout = timeoutCertificateToFields(sampleTimeout(2));
const content = viewChangeContentToFields(sampleViewChangeContent(3));
const newView = newViewToFields({
  epoch: 0,
  view: 3,
  changes: [0, 2, 3].map((signer) => sampleViewChange(3, signer)),
  signature: new Uint8Array(64),
});
const signed = viewChangeToFields(sampleViewChange(3, 2));

const prepared = (fields: object): Content => ({
  case: 'prepared',
  value: { epoch: 0n, view: 1n, header, body, ...fields },
});
const left = (fields: object): Content => ({ case: 'viewLeft', value: { timeout, content, ...fields } });
const entered = (fields: object): Content => ({
  case: 'viewEntered',
  value: { newView: { ...newView, ...fields } },
});

const bad: readonly [string, Content][] = [
  ['a vote whose view is beyond 2^53', prepared({ view: TOO_LARGE })],
  ['a vote whose epoch is beyond 2^53', prepared({ epoch: TOO_LARGE })],
  ['a vote for a header cut short', prepared({ header: header.slice(1) })],
  ['a lock without certificate', { case: 'locked', value: {} }],
  [
    'a lock of an unknown kind',
    { case: 'locked', value: { certificate: { ...certificate, kind: 3 as never } } },
  ],
  ['a commit without certificate', { case: 'committed', value: { header, body } }],
  ['a commit with a body alone', { case: 'committed', value: { certificate, body } }],
  ['a short root', { case: 'checkpointSigned', value: { height: 1n, root: new Uint8Array(31) } }],
  [
    'a root of a height beyond 2^53',
    { case: 'checkpointSigned', value: { height: TOO_LARGE, root: new Uint8Array(32) } },
  ],
  ['a view left without proof', left({ timeout: undefined })],
  ['a view left with nothing to say', left({ content: undefined })],
  ['a view left for a bad reason', left({ timeout: { ...timeout, signatures: [] } })],
  ['a view left with a signer', left({ content: { ...content, signer: 2 } })],
  ['a view left with a signature', left({ content: { ...content, signature: new Uint8Array(64) } })],
  ['a view left with a view beyond 2^53', left({ content: { ...content, view: TOO_LARGE } })],
  ['a view left without base', left({ content: { ...content, base: undefined } })],
  ['a view entered without anything', { case: 'viewEntered', value: {} }],
  ['a view entered with a short signature', entered({ signature: new Uint8Array(63) })],
  ['a view entered with an epoch beyond 2^53', entered({ epoch: TOO_LARGE })],
  ['a view entered without view changes', entered({ changes: [] })],
  ['a view entered whose signers do not ascend', entered({ changes: newView.changes.toReversed() })],
  [
    'a view entered with an unsigned view change',
    entered({ changes: [{ ...signed, signature: new Uint8Array() }] }),
  ],
  ['the end of an epoch without certificate', { case: 'endCertified', value: {} }],
  [
    'the end of an epoch with a short root',
    { case: 'endCertified', value: { certificate: { ...checkpoint, root: new Uint8Array(31) } } },
  ],
  [
    'the end of an epoch that nobody signed',
    { case: 'endCertified', value: { certificate: { ...checkpoint, signatures: [] } } },
  ],
];

describe('journal record bytes', () => {
  it.each(samples.map((record) => [record.type, record] as const))('keep a %s as it is', (_type, record) => {
    const bytes = encodeJournalRecord(record);
    const decoded = decodeJournalRecord(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(record);
  });

  it('keep every view that is left', () => {
    fc.assert(
      fc.property(arbitraryTimeout, arbitraryContent, (reason, said) => {
        const record: JournalRecord = { type: 'viewLeft', timeout: reason, content: said };
        expect(decodeJournalRecord(encodeJournalRecord(record))).toEqual(record);
      }),
    );
  });

  it('keep every view that is entered, signed or not', () => {
    fc.assert(
      fc.property(arbitraryEnteredView, (view) => {
        const record: JournalRecord = { type: 'viewEntered', ...view };
        expect(decodeJournalRecord(encodeJournalRecord(record))).toEqual(record);
      }),
    );
  });

  it('keep more headers than a peer may send, as after the database was set back', () => {
    const said = sampleViewChangeContent(3);
    const [tip] = said.tips;
    const headers = Array.from({ length: 40 }, () => tip!.headers[0]!);
    const record: JournalRecord = {
      type: 'viewLeft',
      timeout: sampleTimeout(2),
      content: { ...said, tips: [{ ...tip!, headers }] },
    };
    expect(decodeJournalRecord(encodeJournalRecord(record))).toEqual(record);
  });

  it.each(bad)('are not %s', (_what, record) => {
    expect(decodeJournalRecord(bytesOf(record))).toBeUndefined();
  });

  it('are not a record of no kind, or of an unknown one', () => {
    expect(decodeJournalRecord(new Uint8Array())).toBeUndefined();
    expect(decodeJournalRecord(Uint8Array.of(0x42, 0))).toBeUndefined();
  });

  it('cut at any length are refused or read, and never throw', () => {
    for (const record of samples) {
      const bytes = encodeJournalRecord(record);
      for (let length = 0; length < bytes.length; length++) {
        const decoded = decodeJournalRecord(bytes.subarray(0, length));
        // A field that is missing as a whole may leave a record of the same kind.
        expect([undefined, record.type]).toContain(decoded?.type);
        expect(decoded).not.toEqual(record);
      }
    }
  });

  it('changed anywhere never throw', () => {
    const change = fc.record({
      sample: fc.nat(samples.length - 1),
      at: fc.nat(),
      bytes: fc.uint8Array({ maxLength: 12 }),
      cut: fc.nat(8),
    });
    fc.assert(
      fc.property(change, ({ sample, at, bytes, cut }) => {
        const original = Buffer.from(encodeJournalRecord(samples[sample]!));
        const start = at % original.length;
        const mutated = Buffer.concat([original.subarray(0, start), bytes, original.subarray(start + cut)]);
        const decoded = decodeJournalRecord(mutated);
        if (decoded !== undefined) expect(decodeJournalRecord(encodeJournalRecord(decoded))).toEqual(decoded);
      }),
      { numRuns: 3_000 },
    );
  });

  it('tell the height, where a record speaks of one', () => {
    expect(KINDS.map((kind) => journalRecordHeight(sampleRecord(3, kind)))).toEqual([
      3,
      3,
      3,
      3,
      undefined,
      undefined,
      3,
    ]);
  });
});
