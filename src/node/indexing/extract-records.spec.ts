import { describe, expect, it } from '@jest/globals';
import type { Command } from '../../protocol/ledger/transaction.js';
import { encodeOutcome, type Outcome } from '../../protocol/ledger/outcome.js';
import { bytesToHex, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { sha256 } from '../../protocol/crypto/sha256.js';
import {
  documentCommand,
  epcisCommand,
  signTestTransaction,
  testGenesis,
} from '../../../test/support/signed-transactions.js';
import { describeWithShared, readSharedText } from '../../../test/support/shared-files.js';
import { sampleCommands } from '../../../test/support/search-samples.js';
import { MENTION_ROLE, type BlockToIndex, type IndexedRecord } from '../index-ports.js';
import { extractRecords } from './extract-records.js';

const { chainId } = testGenesis();
const OK: Pick<Outcome, 'code'> = { code: 'OK' };

function blockOf(command: Command, outcome: object = OK): BlockToIndex {
  const { body, signature, publicKey } = signTestTransaction({
    chainId,
    signer: 'acme/submitter',
    idempotencyKey: 'extract',
    command,
  });
  const whole = { signer: publicKey, identity: 'acme/submitter', custody: 'self', ...outcome } as Outcome;
  return { height: 5, timestampMs: 0, transactions: [{ body, signature, outcome: encodeOutcome(whole) }] };
}

function extract(command: Command, outcome?: object): readonly IndexedRecord[] {
  return extractRecords(blockOf(command, outcome), 0);
}

const EVENT = {
  type: 'TransformationEvent',
  eventTime: '2026-03-02T08:30:00.000+01:00',
  eventTimeZoneOffset: '+01:00',
  eventID: 'urn:uuid:1',
  transformationID: 'urn:mix:1',
  bizStep: 'commissioning',
  disposition: 'active',
  readPoint: { id: 'urn:place:1' },
  bizLocation: { id: 'urn:place:2' },
  inputEPCList: ['urn:a'],
  inputQuantityList: [{ epcClass: 'urn:class:raw', quantity: 3 }],
  outputEPCList: ['urn:b', 'urn:a'],
  outputQuantityList: [{ epcClass: 'urn:class:lot' }],
  bizTransactionList: [{ type: 'po', bizTransaction: 'urn:po:1' }],
};

describe('what is extracted', () => {
  it('is every field of an event, and what it names with its roles', () => {
    const command = epcisCommand([
      { ...EVENT, action: 'BEND' },
      { ...EVENT, type: 'ObjectEvent', action: 'ADD' },
    ]);
    const [first, second] = extract(command);
    expect(first).toMatchObject({
      ...{ height: 5, transactionIndex: 0, recordIndex: 0, organisation: 'acme', kind: 'epcis' },
      ...{
        eventType: 'TransformationEvent',
        action: undefined,
        bizStep: 'commissioning',
        disposition: 'active',
      },
      ...{ readPoint: 'urn:place:1', bizLocation: 'urn:place:2', eventId: 'urn:uuid:1' },
      ...{ transformationId: 'urn:mix:1', eventTimeMs: Date.UTC(2026, 2, 2, 7, 30) },
    });
    expect(first!.mentions).toEqual([
      { subject: 'urn:a', roles: MENTION_ROLE.input | MENTION_ROLE.output },
      { subject: 'urn:class:raw', roles: MENTION_ROLE.input },
      { subject: 'urn:b', roles: MENTION_ROLE.output },
      { subject: 'urn:class:lot', roles: MENTION_ROLE.output },
      { subject: 'urn:po:1', roles: MENTION_ROLE.bizTransaction },
    ]);
    expect(second).toMatchObject({ recordIndex: 1, eventType: 'ObjectEvent', action: 'ADD' });
  });

  it('leaves out what has another form than the standard gives it', () => {
    const event = {
      ...EVENT,
      eventTime: 'at noon',
      readPoint: 'urn:place:1',
      bizStep: 7,
      eventID: '',
      disposition: ['x'],
    };
    expect(extract(epcisCommand([event]))[0]).toMatchObject({
      ...{
        eventTimeMs: undefined,
        readPoint: undefined,
        bizStep: undefined,
        eventId: undefined,
        disposition: undefined,
      },
    });
  });

  it('is the kind and the named subjects of a document, not its insides', () => {
    const [record] = extract(documentCommand(['LOT-A', 'ünï'], EVENT));
    expect(record).toMatchObject({ kind: 'inspection', eventType: undefined, bizStep: undefined });
    expect(record!.mentions).toEqual([
      { subject: 'LOT-A', roles: MENTION_ROLE.named },
      { subject: 'ünï', roles: MENTION_ROLE.named },
    ]);
  });

  it('is the place of the exact bytes', () => {
    const command = documentCommand(['LOT-A']);
    const { transactions } = blockOf(command);
    const [record] = extract(command);
    const bytes = transactions[0]!.body.subarray(record!.start, record!.end);
    expect(Buffer.from(bytes).toString()).toBe('{"subjects":["LOT-A"]}');
    expect(bytesToHex(record!.recordDigest)).toBe(bytesToHex(sha256(utf8ToBytes('{"subjects":["LOT-A"]}'))));
  });

  it.each([
    { code: 'FAILED', failure: 'SIGNER_NOT_PERMITTED' },
    { code: 'REPLAYED', firstId: 'ab'.repeat(32) },
  ])('is nothing of a transaction without effect: $code', (outcome) => {
    expect(extract(documentCommand(['LOT-A']), outcome)).toEqual([]);
  });

  it('is nothing of a command that records nothing', () => {
    expect(extract({ type: 'setReaders', readers: ['globex'] })).toEqual([]);
  });

  it('is refused where the stored bytes are no transaction', () => {
    const block = blockOf(documentCommand(['LOT-A']));
    const damaged = { ...block, transactions: [{ ...block.transactions[0]!, body: Uint8Array.of(1, 2) }] };
    expect(() => extractRecords(damaged, 0)).toThrow(/transaction 0 of block 5 is not what was committed/);
  });

  it('has a time, a step and a mention for each event of our samples', () => {
    const records = sampleCommands().flatMap(([, command]) => extract(command));
    expect(records).toHaveLength(18);
    for (const { eventTimeMs, bizStep, mentions, kind } of records) {
      expect(eventTimeMs).toBeGreaterThan(Date.UTC(2026, 2, 1));
      expect([kind, typeof bizStep, mentions.length > 0]).toEqual(['epcis', 'string', true]);
    }
  });
});

const SHIPMENTS = 'data/scms/first-200-shipments.ndjson';
describeWithShared(SHIPMENTS, '200 real shipments', () => {
  it('give 1,232 records with time, step and mentions', () => {
    const lines = readSharedText(SHIPMENTS).trim().split('\n');
    const records = lines.flatMap((line) => {
      const { document } = JSON.parse(line) as { readonly document: object };
      return extract({ type: 'captureEpcisDocument', document: utf8ToBytes(JSON.stringify(document)) });
    });
    expect(records).toHaveLength(1_232);
    for (const { eventTimeMs, bizStep, mentions } of records)
      expect([typeof eventTimeMs, typeof bizStep, mentions.length > 0]).toEqual(['number', 'string', true]);
  });
});
