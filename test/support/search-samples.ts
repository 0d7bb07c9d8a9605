/** What tests of searches and traces put on a ledger: the supply chain of the demonstration, and many events of one kind. */
import { readFileSync } from 'node:fs';
import type { RecordIndex } from '../../src/node/index-ports.js';
import type { Reader } from '../../src/protocol/governance/reading.js';
import type { Command } from '../../src/protocol/ledger/transaction.js';
import { LedgerError } from '../../src/protocol/primitives/ledger-error.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';

export const EPOCH_MS = Date.UTC(2026, 0, 1);
const SAMPLES = new URL('../../src/demo/samples/supply-chain.ndjson', import.meta.url);
export const ALL = ['acme', 'globex', 'initech', 'umbrella'];
export const RAW = 'urn:epc:class:lgtin:9521321.054321.RAW-3';
export const LOT = 'urn:epc:class:lgtin:9521321.012345.LOT-A7';
export const CASE = 'urn:epc:id:sscc:9521321.1000000001';
export const PALLET = 'urn:epc:id:sscc:9521321.2000000001';
export const ITEM = 'urn:epc:id:sgtin:9521321.012345.1002';

export const readerOf = (organisation: string): Reader => ({
  organisation,
  identity: `${organisation}/auditor`,
  roles: ['auditor'],
});

/** The samples of the demonstration, each with the submitter of the organisation that it is of. */
export function sampleCommands(): readonly (readonly [string, Command])[] {
  const lines = readFileSync(SAMPLES, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const { submitter, document } = JSON.parse(line) as { submitter: string; document: object };
    const organisation = new URL(submitter).hostname.split('.')[0]!;
    const bytes = utf8ToBytes(JSON.stringify(document));
    return [`${organisation}/submitter`, { type: 'captureEpcisDocument', document: bytes }] as const;
  });
}

export const BULK_EVENTS = 6_000;

export function bulkEvent(number: number): object {
  return {
    type: 'ObjectEvent',
    eventTime: new Date(EPOCH_MS + (BULK_EVENTS - number) * 1_000).toISOString(),
    eventTimeZoneOffset: '+00:00',
    eventID: `urn:uuid:bulk-${number}`,
    action: 'OBSERVE',
    bizStep: number % 100 === 0 ? 'inspecting' : 'storing',
    disposition: 'in_progress',
    readPoint: { id: `urn:epc:id:sgln:bulk.${number % 50}` },
    bizLocation: { id: `urn:epc:id:sgln:bulk.${number % 20}` },
    epcList: [`urn:epc:id:sgtin:bulk.${number}`],
  };
}

/** A moment between two looks at something that must come to be. */
export const moment = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 5);
  });

/** One block at a time, and the word that it was written is lost. */
export function forgetfulIndex(index: RecordIndex, onWritten: () => void): RecordIndex {
  return {
    position: () => index.position(),
    begin: (version) => index.begin(version),
    readBlocks: (after) => index.readBlocks(after, 1),
    append: async (from, blocks) => {
      await index.append(from, blocks);
      onWritten();
      throw new LedgerError('DATABASE_UNAVAILABLE', 'the connection broke');
    },
  };
}
