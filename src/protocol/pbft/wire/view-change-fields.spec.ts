import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleTimeout, sampleViewChange } from '../../../../test/support/journal-samples.js';
import {
  ARBITRARY_LIMITS,
  arbitraryChange,
  arbitraryContent,
  arbitraryEnteredView,
  arbitraryTimeout,
} from '../../../../test/support/view-change-arbitraries.js';
import {
  NewViewSchema,
  TimeoutCertificateSchema,
  ViewChangeSchema,
} from '../../encoding/generated/countersign/v1/peer_pb.js';
import {
  fieldsToEnteredView,
  fieldsToNewView,
  fieldsToTimeoutCertificate,
  fieldsToViewChange,
  fieldsToViewChangeContent,
  newViewToFields,
  timeoutCertificateToFields,
  viewChangeContentToFields,
  viewChangeToFields,
  type NewViewFields,
  type TimeoutCertificateFields,
  type ViewChangeFields,
} from './view-change-fields.js';

const LIMITS = { pipelineDepth: 2, validators: 4 };
const TOO_LARGE = 2n ** 53n;
const short = (bytes: Uint8Array): Uint8Array => bytes.slice(1);

/** Through the bytes, as on the wire. */
const changeThroughBytes = (fields: ViewChangeFields) =>
  fromBinary(ViewChangeSchema, toBinary(ViewChangeSchema, create(ViewChangeSchema, fields)));
const newViewThroughBytes = (fields: NewViewFields) =>
  fromBinary(NewViewSchema, toBinary(NewViewSchema, create(NewViewSchema, fields)));
const timeoutThroughBytes = (fields: TimeoutCertificateFields) =>
  fromBinary(
    TimeoutCertificateSchema,
    toBinary(TimeoutCertificateSchema, create(TimeoutCertificateSchema, fields)),
  );

describe('fields of a view change', () => {
  it('keep every timeout certificate', () => {
    fc.assert(
      fc.property(arbitraryTimeout, (timeout) => {
        const read = fieldsToTimeoutCertificate(timeoutThroughBytes(timeoutCertificateToFields(timeout)));
        expect(read).toEqual({ ok: true, value: timeout });
      }),
    );
  });

  it('keep every view change', () => {
    fc.assert(
      fc.property(arbitraryChange, (change) => {
        const read = fieldsToViewChange(changeThroughBytes(viewChangeToFields(change)), ARBITRARY_LIMITS);
        expect(read).toEqual({ ok: true, value: change });
      }),
    );
  });

  it('keep what is not signed yet, and tell it from what is', () => {
    fc.assert(
      fc.property(arbitraryContent, (content) => {
        const fields = changeThroughBytes(viewChangeContentToFields(content));
        expect(fieldsToViewChangeContent(fields, ARBITRARY_LIMITS)).toEqual({ ok: true, value: content });
        expect(fieldsToViewChange(fields, ARBITRARY_LIMITS)).toMatchObject({ ok: false });
      }),
    );
  });

  it('keep every new view, signed or not', () => {
    fc.assert(
      fc.property(arbitraryEnteredView, (entered) => {
        const fields = newViewThroughBytes(newViewToFields(entered));
        expect(fieldsToEnteredView(fields, ARBITRARY_LIMITS)).toEqual({ ok: true, value: entered });
        const isSigned = entered.signature !== undefined;
        expect(fieldsToNewView(fields, ARBITRARY_LIMITS).ok).toBe(isSigned);
      }),
    );
  });

  it('copy what they keep', () => {
    const fields = changeThroughBytes(viewChangeToFields(sampleViewChange(3)));
    const read = fieldsToViewChange(fields, LIMITS);
    fields.signature.fill(0xee);
    fields.base!.certificate!.signatures[0]!.signature.fill(0xee);
    fields.tips[0]!.certificate!.signatures[0]!.signature.fill(0xee);
    fields.tips[0]!.headers[0]!.fill(0xee);
    expect(read).toEqual({ ok: true, value: sampleViewChange(3) });
  });
});

const change = viewChangeToFields(sampleViewChange(3));
const base = change.base!;
const tip = change.tips[0]!;
const certificate = tip.certificate!;
const withTip = (fields: Partial<typeof tip>) => ({ tips: [{ ...tip, ...fields }] });
const withBase = (fields: Partial<typeof base>) => ({ base: { ...base, ...fields } });
const genesis = { height: 0n, blockHash: new Uint8Array(32), certificate: undefined };

const badChanges: readonly [string, string, Partial<ViewChangeFields>][] = [
  ['an epoch beyond 2^53', 'epoch', { epoch: TOO_LARGE }],
  ['a view beyond 2^53', 'view', { view: 2n ** 64n - 1n }],
  ['a signer beyond the set', 'signer', { signer: 4 }],
  ['a short signature', 'signature', { signature: short(change.signature) }],
  ['no signature', 'signature', { signature: new Uint8Array() }],
  ['no base', 'base', { base: undefined }],
  ['a base height beyond 2^53', 'base.height', withBase({ height: TOO_LARGE })],
  ['a short base hash', 'base.block_hash', withBase({ blockHash: short(base.blockHash) })],
  ['a base without its certificate', 'base.certificate', withBase({ certificate: undefined })],
  ['a certificate of genesis', 'base.certificate', { base: { ...genesis, certificate } }],
  [
    'a bad base certificate',
    'base.certificate',
    withBase({ certificate: { ...certificate, signatures: [] } }),
  ],
  ['more than L tips', 'tips', { tips: [tip, tip, tip] }],
  ['a tip without certificate', 'tips[0].certificate', withTip({ certificate: undefined })],
  [
    'a tip of no known kind',
    'tips[0].certificate',
    withTip({ certificate: { ...certificate, kind: 3 as never } }),
  ],
  [
    'a tip whose signers do not ascend',
    'tips[0].certificate',
    withTip({ certificate: { ...certificate, signatures: certificate.signatures.toReversed() } }),
  ],
  ['more than L headers', 'tips[0].headers', withTip({ headers: [...tip.headers, tip.headers[0]!] })],
  [
    'a header cut short',
    'tips[0].headers[1]',
    withTip({ headers: [tip.headers[0]!, short(tip.headers[1]!)] }),
  ],
  [
    'a header with a byte too many',
    'tips[0].headers[0]',
    withTip({ headers: [Uint8Array.of(...tip.headers[0]!, 0)] }),
  ],
];

const timeout = timeoutCertificateToFields(sampleTimeout(2));
const [firstSigner] = timeout.signatures;
const badTimeouts: readonly [string, string, Partial<TimeoutCertificateFields>][] = [
  ['an epoch beyond 2^53', 'epoch', { epoch: TOO_LARGE }],
  ['a view beyond 2^53', 'view', { view: TOO_LARGE }],
  ['no signatures', 'signatures', { signatures: [] }],
  ['a signer twice', 'signatures', { signatures: [firstSigner!, firstSigner!] }],
  ['signers that do not ascend', 'signatures', { signatures: timeout.signatures.toReversed() }],
  ['a signer beyond any set', 'signatures', { signatures: [{ ...firstSigner!, signer: 1024 }] }],
  ['a short signature', 'signatures', { signatures: [{ signer: 0, signature: new Uint8Array(63) }] }],
];

const newView = newViewToFields({
  epoch: 0,
  view: 3,
  changes: [0, 2, 3].map((signer) => sampleViewChange(3, signer)),
  signature: new Uint8Array(64),
});
const badNewViews: readonly [string, string, Partial<NewViewFields>][] = [
  ['an epoch beyond 2^53', 'epoch', { epoch: TOO_LARGE }],
  ['a view beyond 2^53', 'view', { view: TOO_LARGE }],
  ['a long signature', 'signature', { signature: new Uint8Array(65) }],
  ['no view changes', 'changes', { changes: [] }],
  ['signers that do not ascend', 'changes', { changes: newView.changes.toReversed() }],
  ['a signer twice', 'changes', { changes: [newView.changes[0]!, newView.changes[0]!] }],
  ['more view changes than validators', 'changes', { changes: Array.from({ length: 5 }, () => change) }],
  [
    'a bad view change',
    'changes[1].base',
    { changes: [newView.changes[0]!, { ...newView.changes[1]!, base: undefined }] },
  ],
];

/** The rejection says which field it is about, in its message too. */
const refusalOf = (field: string) => ({
  ok: false,
  rejection: {
    code: 'CERTIFICATE_INVALID',
    field: expect.stringContaining(field),
    message: expect.stringContaining(field),
  },
});

describe('reading a view change', () => {
  it.each(badChanges)('refuses %s', (_what, field, fields) => {
    expect(fieldsToViewChange({ ...change, ...fields }, LIMITS)).toMatchObject(refusalOf(field));
  });

  it.each(badTimeouts)('refuses a timeout certificate with %s', (_what, field, fields) => {
    expect(fieldsToTimeoutCertificate({ ...timeout, ...fields })).toMatchObject(refusalOf(field));
  });

  it.each(badNewViews)('refuses a new view with %s', (_what, field, fields) => {
    expect(fieldsToNewView({ ...newView, ...fields }, LIMITS)).toMatchObject(refusalOf(field));
  });

  it('takes a new view without signature for what its primary has journalled, and for nothing else', () => {
    const unsigned = { ...newView, signature: new Uint8Array() };
    expect(fieldsToNewView(unsigned, LIMITS)).toMatchObject(refusalOf('signature'));
    expect(fieldsToEnteredView(unsigned, LIMITS)).toMatchObject({
      ok: true,
      value: { signature: undefined },
    });
  });

  it('refuses a signer, or a signature, where nothing is signed yet', () => {
    const content = { ...change, signer: 0, signature: new Uint8Array() };
    expect(fieldsToViewChangeContent(content, LIMITS).ok).toBe(true);
    expect(fieldsToViewChangeContent({ ...content, signer: 1 }, LIMITS)).toMatchObject(refusalOf('signer'));
    expect(fieldsToViewChangeContent({ ...content, signature: new Uint8Array(64) }, LIMITS)).toMatchObject(
      refusalOf('signature'),
    );
  });
});
