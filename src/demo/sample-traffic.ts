/** A trickle of supply-chain events of our own, a document at a time, so that a running demo has something to show. */
import { randomUUID } from 'node:crypto';
import type { ChainId } from '../protocol/primitives/identifiers.js';
import { captureEpcisDocument, CountersignError, signTransactionWith } from '../sdk/index.js';
import type { ReplayNode } from './replay/replay-documents.js';

export interface TrafficSettings {
  /** The nodes that run now; asked before every document. */
  readonly nodes: () => readonly ReplayNode[];
  readonly chainId: ChainId;
  readonly validForBlocks: number;
  /** Told at the first of several failures in a row, and at the first success after it. */
  readonly onTrouble: (message: string | undefined) => void;
  readonly signal: AbortSignal;
}

/** Read point and what happens there, one step of a parcel's way for each organisation in turn. */
const STEPS = [
  { bizStep: 'shipping', disposition: 'in_transit', place: 'urn:epc:id:sgln:9521321.00001.0' },
  { bizStep: 'transporting', disposition: 'in_transit', place: 'urn:epc:id:sgln:9521322.00001.0' },
  { bizStep: 'storing', disposition: 'in_progress', place: 'urn:epc:id:sgln:9521323.00001.0' },
  { bizStep: 'receiving', disposition: 'in_progress', place: 'urn:epc:id:sgln:9521324.00001.0' },
] as const;

const PAUSE_MS = 400;
/** Serial references of an SSCC have ten digits here. */
const PARCELS = 10_000_000_000;

function trafficDocument(step: number, firstParcel: number, now: Date): Uint8Array {
  const { bizStep, disposition, place } = STEPS[step % STEPS.length] ?? STEPS[0];
  const parcel = String((firstParcel + Math.floor(step / STEPS.length)) % PARCELS).padStart(10, '0');
  const eventTime = now.toISOString();
  const event = {
    type: 'ObjectEvent',
    eventTime,
    eventTimeZoneOffset: '+00:00',
    epcList: [`urn:epc:id:sscc:9521321.${parcel}`],
    action: 'OBSERVE',
    bizStep,
    disposition,
    readPoint: { id: place },
  };
  const document = {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: eventTime,
    epcisBody: { eventList: [event] },
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

/** Resolves after the pause, or at once when the traffic is to end. */
function pauseUnless(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, PAUSE_MS);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}

/** Runs until the signal; a failed document is told and the next one is tried. */
export async function keepTrafficFlowing(settings: TrafficSettings): Promise<void> {
  // Parcels of one run follow each other; another run begins elsewhere.
  const firstParcel = Date.now() % PARCELS;
  let height = 0;
  let inTrouble = false;
  const isOver = (): boolean => settings.signal.aborted;
  for (let step = 0; !isOver(); step++) {
    const nodes = settings.nodes();
    const node = nodes[step % Math.max(nodes.length, 1)];
    try {
      if (node !== undefined) {
        if (height === 0) height = (await node.client.status()).height;
        const terms = {
          chainId: settings.chainId,
          idempotencyKey: randomUUID(),
          validUntilHeight: height + settings.validForBlocks,
        };
        const command = captureEpcisDocument(trafficDocument(step, firstParcel, new Date()));
        const committed = await node.client.submitAndWait(
          await signTransactionWith(node.signer, terms, command),
        );
        height = committed.height;
        if (inTrouble) settings.onTrouble(undefined);
        inTrouble = false;
      }
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      if (!inTrouble && !isOver()) settings.onTrouble(error.message);
      inTrouble = true;
    }
    await pauseUnless(settings.signal);
  }
}
