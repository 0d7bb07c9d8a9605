import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeWithShared, listShared, readSharedText } from '../../../test/support/shared-files.js';
import {
  documentCommand,
  epcisCommand,
  signTestTransaction,
  testGenesis,
} from '../../../test/support/signed-transactions.js';
import { sha256 } from '../crypto/sha256.js';
import { DEFAULT_PARAMETERS } from '../ledger/genesis.js';
import { isFailureCode, type FailureCode } from '../ledger/outcome.js';
import type { Command } from '../ledger/transaction.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import { stateKeyBytes, type StateKey } from '../state/state-key.js';
import { planTransaction, type PlannedTransaction } from './plan-transaction.js';

const { chainId } = testGenesis();

function plan(command: Command, parameters: Partial<typeof DEFAULT_PARAMETERS> = {}): PlannedTransaction {
  const transaction = signTestTransaction({
    chainId,
    signer: 'acme/submitter',
    command,
    idempotencyKey: 'k',
  });
  return planTransaction(transaction, { ...DEFAULT_PARAMETERS, ...parameters });
}

/** The text in a key subject/<subject>: after the kind byte and the length. */
function subjectOf(key: StateKey): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(stateKeyBytes(key).subarray(3));
}

function names(planned: PlannedTransaction): readonly (readonly string[])[] {
  return planned.records.map(({ subjects }) => subjects.map(subjectOf));
}

function recordText({ transaction, records }: PlannedTransaction, index: number): string {
  const record = records[index];
  return new TextDecoder().decode(transaction.body.subarray(record?.start, record?.end));
}

function document(content: string, ...subjectPointers: string[]): Command {
  return {
    type: 'recordDocuments',
    documents: [{ kind: 'x', content: utf8ToBytes(content), subjectPointers }],
  };
}

function epcisText(text: string): Command {
  return { type: 'captureEpcisDocument', document: utf8ToBytes(text) };
}

const objectEvent = { type: 'ObjectEvent', epcList: ['urn:a', 'urn:b'] };

describe('planTransaction of EPCIS documents', () => {
  it('takes every subject of every event type, each once in a record', () => {
    const planned = plan(
      epcisCommand([
        {
          ...objectEvent,
          quantityList: [{ epcClass: 'urn:class', quantity: 1 }],
          bizTransactionList: [{ type: 'po', bizTransaction: 'urn:po' }, { bizTransaction: 'urn:a' }],
        },
        {
          type: 'AggregationEvent',
          parentID: 'urn:parent',
          childEPCs: ['urn:a'],
          childQuantityList: [{ epcClass: 'urn:child' }],
        },
        {
          type: 'TransformationEvent',
          inputEPCList: ['urn:in'],
          outputEPCList: ['urn:out'],
          inputQuantityList: [{ epcClass: 'urn:in-class' }],
          outputQuantityList: [{ epcClass: 'urn:out-class' }],
        },
        { type: 'TransactionEvent', parentID: 'urn:parent', epcList: [] },
        { type: 'AssociationEvent' },
      ]),
    );
    expect(planned.rejection).toBeUndefined();
    expect(names(planned)).toEqual([
      ['urn:a', 'urn:b', 'urn:class', 'urn:po'],
      ['urn:parent', 'urn:a', 'urn:child'],
      ['urn:in', 'urn:out', 'urn:in-class', 'urn:out-class'],
      ['urn:parent'],
      [],
    ]);
    expect(planned.subjects).toHaveLength(10);
    expect(planned.stateWrites).toBe(13);
  });

  it('compares decoded strings and normalises nothing', () => {
    const planned = plan(
      epcisText(
        '{"type":"EPCISDocument","schemaVersion":"2.0.1","epcisBody":{"eventList":[{"type":"ObjectEvent",' +
          '"epcList":["urn:\\u0061","urn:a","URN:a","urn:%61"," urn:a","\\u00e9","e\\u0301"],' +
          '"ilmd":{"epcList":["not a subject"]},"x:epcList":["nor this"]}]}}',
      ),
    );
    expect(names(planned)).toEqual([['urn:a', 'URN:a', 'urn:%61', ' urn:a', 'é', 'e\u0301']]);
  });

  it('takes the exact bytes of each event, white space and order as sent', () => {
    const first = '{ "type" : "ObjectEvent",\n "epcList":["\\u00e9é"] }';
    const second = '{"epcList":[],"type":"ObjectEvent"}';
    const planned = plan(
      epcisText(
        `{"type":"EPCISDocument","schemaVersion":"2.0","note":"é😀","epcisBody":{"eventList":[ ${first}\t,${second} ]}}`,
      ),
    );
    expect([recordText(planned, 0), recordText(planned, 1)]).toEqual([first, second]);
    expect(planned.records[0]?.digest).toEqual(sha256(utf8ToBytes(first)));
  });

  it.each<[string, FailureCode, string, Command]>([
    ['no JSON', 'JSON_MALFORMED', '', epcisText('')],
    ['a duplicate key', 'JSON_DUPLICATE_KEY', '/type', epcisText('{"type":1,"type":2}')],
    ['too deep', 'JSON_TOO_DEEP', '/0'.repeat(64), epcisText('['.repeat(65))],
    ['a number out of range', 'JSON_NUMBER_OUT_OF_RANGE', '/0', epcisText('[1e99]')],
    ['a lone surrogate', 'JSON_LONE_SURROGATE', '/0', epcisText('["\\udead"]')],
    ['a list', 'EPCIS_DOCUMENT_INVALID', '', epcisText('[]')],
    ['another type', 'EPCIS_DOCUMENT_INVALID', '/type', epcisText('{"type":"EPCISQueryDocument"}')],
    ['no version', 'EPCIS_DOCUMENT_INVALID', '/schemaVersion', epcisText('{"type":"EPCISDocument"}')],
    [
      'version 1.2',
      'EPCIS_DOCUMENT_INVALID',
      '/schemaVersion',
      epcisText('{"type":"EPCISDocument","schemaVersion":"1.2"}'),
    ],
    [
      'a version that is a number',
      'EPCIS_DOCUMENT_INVALID',
      '/schemaVersion',
      epcisText('{"type":"EPCISDocument","schemaVersion":2.0}'),
    ],
    [
      'no body',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody',
      epcisText('{"type":"EPCISDocument","schemaVersion":"2.0"}'),
    ],
    [
      'no event list',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody/eventList',
      epcisText('{"type":"EPCISDocument","schemaVersion":"2.0","epcisBody":{}}'),
    ],
    ['no event', 'EPCIS_DOCUMENT_INVALID', '/epcisBody/eventList', epcisCommand([])],
    ['a list as event', 'EPCIS_DOCUMENT_INVALID', '/epcisBody/eventList/0', epcisCommand([[]])],
    [
      'an unknown event type',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody/eventList/1/type',
      epcisCommand([objectEvent, { type: 'QuantityEvent' }]),
    ],
    [
      'an EPC that is a number',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody/eventList/0/epcList/1',
      epcisCommand([{ type: 'ObjectEvent', epcList: ['a', 1] }]),
    ],
    [
      'an EPC list that is a string',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody/eventList/0/epcList',
      epcisCommand([{ type: 'ObjectEvent', epcList: 'a' }]),
    ],
    [
      'a parent that is a list',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody/eventList/0/parentID',
      epcisCommand([{ type: 'AggregationEvent', parentID: ['a'] }]),
    ],
    [
      'a quantity without class',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody/eventList/0/quantityList/0/epcClass',
      epcisCommand([{ type: 'ObjectEvent', quantityList: [{ quantity: 1 }] }]),
    ],
    [
      'a business transaction that is a string',
      'EPCIS_DOCUMENT_INVALID',
      '/epcisBody/eventList/0/bizTransactionList/0',
      epcisCommand([{ type: 'ObjectEvent', bizTransactionList: ['a'] }]),
    ],
    [
      'an empty subject',
      'SUBJECT_INVALID',
      '/epcisBody/eventList/0/epcList/0',
      epcisCommand([{ type: 'ObjectEvent', epcList: [''] }]),
    ],
    [
      'a control character',
      'SUBJECT_INVALID',
      '/epcisBody/eventList/0/parentID',
      epcisCommand([{ type: 'AggregationEvent', parentID: 'a\u0000' }]),
    ],
  ])('refuses %s with %s', (_name, code, field, command) => {
    const planned = plan(command);
    expect(planned.rejection).toMatchObject({ code, field });
    expect(planned).toMatchObject({ records: [], subjects: [], stateWrites: 1 });
  });

  it('holds to the limits, exactly', () => {
    const events = [objectEvent, { type: 'ObjectEvent', epcList: ['urn:b', 'urn:c'] }];
    const codeUnder = (limits: Partial<typeof DEFAULT_PARAMETERS>) =>
      plan(epcisCommand(events), limits).rejection?.code;
    expect(
      codeUnder({ recordsPerTransactionMax: 2, subjectsPerTransactionMax: 3, subjectBytesMax: 5 }),
    ).toBeUndefined();
    expect(codeUnder({ recordsPerTransactionMax: 1 })).toBe('RECORDS_TOO_MANY');
    expect(codeUnder({ subjectsPerTransactionMax: 2 })).toBe('SUBJECTS_TOO_MANY');
    expect(codeUnder({ stateWritesPerBlockMax: 5 })).toBeUndefined();
    expect(codeUnder({ stateWritesPerBlockMax: 4 })).toBe('SUBJECTS_TOO_MANY');
    expect(codeUnder({ subjectBytesMax: 4 })).toBe('SUBJECT_INVALID');
  });

  it('counts a subject in bytes of UTF-8', () => {
    const euros = (count: number) =>
      plan(documentCommand(['€'.repeat(count)]), { subjectBytesMax: 30 }).rejection?.code;
    expect(euros(10)).toBeUndefined();
    expect(euros(11)).toBe('SUBJECT_INVALID');
  });
});

describe('planTransaction of documents', () => {
  it('takes the whole content as the record and the strings at the pointers as subjects', () => {
    const content = ' {"order":"o-1","items":["i-1","i-2","i-1"],"none":[]}\n';
    const planned = plan(document(content, '/items', '/order', '/none', '/items/0'));
    expect(names(planned)).toEqual([['i-1', 'i-2', 'o-1']]);
    expect(recordText(planned, 0)).toBe(content);
  });

  it('allows a document that names no subject', () => {
    const planned = plan(document('"text"'));
    expect(planned).toMatchObject({ rejection: undefined, subjects: [], stateWrites: 1 });
    expect(names(plan(document('"text"', '')))).toEqual([['text']]);
  });

  it.each<[string, FailureCode, string, Command]>([
    ['no content', 'JSON_MALFORMED', '/documents/0/content', document('')],
    ['a duplicate key', 'JSON_DUPLICATE_KEY', '/documents/0/content/a/b', document('{"a":{"b":1,"b":1}}')],
    ['no pointer', 'POINTER_INVALID', '/documents/0/subjectPointers/0', document('{}', 'a')],
    [
      'a pointer at nothing',
      'POINTER_INVALID',
      '/documents/0/subjectPointers/1',
      document('{"a":"b"}', '/a', '/b'),
    ],
    ['a pointer at a number', 'POINTER_INVALID', '/documents/0/subjectPointers/0', document('{"a":1}', '/a')],
    [
      'a pointer at a mixed list',
      'POINTER_INVALID',
      '/documents/0/subjectPointers/0',
      document('["a",1]', ''),
    ],
    ['an empty subject', 'SUBJECT_INVALID', '/documents/0/subjectPointers/0', document('""', '')],
    [
      'too many pointers',
      'POINTER_INVALID',
      '/documents/0/subjectPointers',
      document('"a"', ...Array.from({ length: 65 }, () => '')),
    ],
  ])('refuses %s with %s', (_name, code, field, command) => {
    expect(plan(command).rejection).toMatchObject({ code, field });
  });

  it('refuses the whole command for one bad document, and more documents than the limit', () => {
    const good = { kind: 'x', content: utf8ToBytes('{}'), subjectPointers: [] };
    const bad = { ...good, content: utf8ToBytes('{') };
    const command = (...documents: (typeof good)[]): Command => ({ type: 'recordDocuments', documents });
    expect(plan(command(good, bad))).toMatchObject({
      rejection: { field: '/documents/1/content' },
      records: [],
    });
    expect(plan(command(good, good), { recordsPerTransactionMax: 2 }).rejection).toBeUndefined();
    expect(plan(command(good, good), { recordsPerTransactionMax: 1 }).rejection?.code).toBe(
      'RECORDS_TOO_MANY',
    );
  });
});

describe('planTransaction', () => {
  it('is total: any content is a plan or a failure code', () => {
    const shape = fc.record(
      {
        type: fc.constantFrom('ObjectEvent', 'AggregationEvent', 'Other'),
        epcList: fc.oneof(fc.array(fc.string({ unit: 'binary' })), fc.jsonValue()),
        parentID: fc.oneof(fc.string(), fc.jsonValue()),
        bizTransactionList: fc.oneof(fc.array(fc.record({ bizTransaction: fc.string() })), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(shape, fc.object())), (events) => {
        const { rejection, records } = plan(epcisCommand(events));
        if (rejection === undefined) expect(records).toHaveLength(events.length);
        else expect(isFailureCode(rejection.code)).toBe(true);
      }),
    );
  });
});

describeWithShared('vectors/epcis-gs1', 'the EPCIS examples of GS1', () => {
  it.each([
    ['Example_9.6.1-ObjectEvent-with-pseudo-SBDH-headers.jsonld', [3, 3]],
    ['Example_9.6.1-ObjectEvent.jsonld', [3, 3]],
    ['Example_9.6.1-with-comment.jsonld', [3, 3]],
    ['Example_9.6.2-ObjectEvent.jsonld', [1]],
    ['Example_9.6.3-AggregationEvent.jsonld', [5]],
    ['Example_9.6.4-TransformationEvent.jsonld', [9]],
  ])('%s has records with %j subjects', (name, subjects) => {
    const planned = plan(epcisText(readSharedText(`vectors/epcis-gs1/${name}`)));
    expect(planned.rejection).toBeUndefined();
    expect(names(planned).map((list) => list.length)).toEqual(subjects);
  });

  it('are all covered', () => {
    expect(listShared('vectors/epcis-gs1')).toHaveLength(6);
  });
});

describeWithShared('data/scms/first-200-shipments.ndjson', 'two hundred real shipments', () => {
  it('give 1,232 records, each an exact slice', () => {
    const lines = readSharedText('data/scms/first-200-shipments.ndjson').trim().split('\n');
    let records = 0;
    for (const line of lines) {
      const { document: content } = JSON.parse(line) as {
        document: { epcisBody: { eventList: readonly object[] } };
      };
      const planned = plan(epcisText(JSON.stringify(content)));
      expect(planned.rejection).toBeUndefined();
      records += planned.records.length;
      for (const [index, event] of content.epcisBody.eventList.entries()) {
        expect(recordText(planned, index)).toBe(JSON.stringify(event));
      }
    }
    expect(records).toBe(1_232);
  });
});
