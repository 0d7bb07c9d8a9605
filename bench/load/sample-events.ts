/** Synthetic EPCIS documents: one EPC and one order for each event, a class and places that many events share. */
const STEPS = ['commissioning', 'packing', 'shipping', 'receiving', 'storing'] as const;

function event(serial: number, order: number): object {
  return {
    type: 'ObjectEvent',
    eventTime: '2025-01-15T08:00:00.000Z',
    eventTimeZoneOffset: '+00:00',
    action: 'OBSERVE',
    bizStep: STEPS[serial % STEPS.length],
    disposition: 'in_progress',
    epcList: [`urn:epc:id:sgtin:9521321.012345.${serial}`],
    readPoint: { id: 'urn:epc:id:sgln:9521321.00001.0' },
    bizTransactionList: [{ type: 'po', bizTransaction: `urn:epc:id:gdti:9521321.00001.${order}` }],
  };
}

/** A document with `count` events whose serial numbers begin at `firstSerial`; one order for the whole document. */
export function sampleDocument(firstSerial: number, count: number): string {
  const eventList = Array.from({ length: count }, (_, index) => event(firstSerial + index, firstSerial));
  return JSON.stringify({
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2025-01-15T08:00:00.000Z',
    epcisBody: { eventList },
  });
}
