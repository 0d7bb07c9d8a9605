import { serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import { encodeMessage } from '../../src/network/message-mapping/encode-message.js';
import { MESSAGE_FIELD } from '../../src/network/message-mapping/message-limits.js';
import type { PeerMessage } from '../../src/node/ports.js';
import type { Message } from '../../src/protocol/pbft/message.js';
import type { ReplicaBench } from '../support/pbft/replica-bench.js';
import { NodeDoor, type Outcome } from '../support/pbft/node-door.js';
import { certificateOf, changeOf } from '../support/pbft/signed-messages.js';
import { fieldMutations, type FieldMutation } from '../support/pbft/field-mutations.js';
import { chain, sampleArrivals, type SampleArrival } from './sample-arrivals.js';

/** What may stand where a sample has nothing. */
const OPTIONAL = {
  certificate: certificateOf('commit', chain[0]!),
  baseCertificate: certificateOf('commit', chain[0]!),
  change: changeOf(3, 1),
};

/** Not in the bytes: whoever receives them computes it, so nobody can say it wrongly. */
const DERIVED =
  /(^|\.)(block\.hash|headers\[\]\.hash|changes?(\[\])?\.tips\[\]\.(view|height|blockHash))$|^decided blockHash$/;

/**
 * Where the message with another value may be of no use, so that it is dropped before a signature is checked: a matter of another
 * epoch, of a view or height that is over or too far away, of this replica itself, or of a body that nobody asked for.
 */
const PERHAPS_UNWANTED: Readonly<Record<string, RegExp>> = {
  prePrepare: /^(epoch|view|block\.header\.height)$/,
  vote: /^(epoch|height|signer)$/,
  checkpointVote: /^(epoch|height|signer)$/,
  checkpointCertified: /^(epoch|certificate\.height)$/,
  suspect: /^(epoch|signer)$/,
  viewChange: /^change\.(epoch|view|signer)$/,
  newView: /^(epoch|view)$/,
  evidence: /^evidence\.epoch$/,
  decided: /^certificate\.epoch$/,
  blockReply: /^block\.header\./,
};

/** What nobody signs: believed for nothing but what a peer is sent again. */
const UNSIGNED = new Set(['status', 'fetchBlock']);
/** An echo tells of what was heard, and less of it is an echo as well. */
const SHORTER_ECHO = /^(votes|change)$/;

interface Delivery extends FieldMutation {
  readonly bytes: Uint8Array;
}

const prepared = new Map<Message, readonly Delivery[]>();

/** The mutations that can be written, and do not come to the same bytes. */
function deliveries({ message }: SampleArrival): readonly Delivery[] {
  const known = prepared.get(message) ?? prepareDeliveries(message);
  prepared.set(message, known);
  return known;
}

function prepareDeliveries(message: Message): readonly Delivery[] {
  const original = Buffer.from(encodeMessage(message));
  return fieldMutations(message, OPTIONAL).flatMap((mutation) => {
    try {
      const bytes = encodeMessage(mutation.message as PeerMessage);
      return original.equals(bytes) ? [] : [{ ...mutation, bytes }];
    } catch {
      // A number that has no room in its field.
      return [];
    }
  });
}

/** What must become of it; `undefined` where the type of the message leaves it to the value. */
function expectedOutcomes({ message: { type } }: SampleArrival, field: string): readonly Outcome[] {
  if (UNSIGNED.has(type)) return ['taken', 'malformed'];
  if (type === 'echo' && SHORTER_ECHO.test(field)) return ['taken', 'refused', 'malformed'];
  const refused: readonly Outcome[] = ['refused', 'malformed'];
  return PERHAPS_UNWANTED[type]?.test(field) === true ? [...refused, 'unwanted'] : refused;
}

const stateOf = (bench: ReplicaBench): Buffer => serialize(bench.state);

/** Delivers all mutations of a message, and then the message itself; returns what went otherwise than it should. */
function flaws(sample: SampleArrival): readonly string[] {
  const found: string[] = [];
  const bench = sample.bench();
  const door = new NodeDoor(bench);
  let before = stateOf(bench);
  let refusals = 0;
  for (const { field, change, bytes } of deliveries(sample)) {
    const { outcome, reason } = door.deliver(sample.from, bytes);
    const what = `${field}, ${change}: ${outcome} ${reason ?? ''}`;
    if (!expectedOutcomes(sample, field).includes(outcome)) found.push(what);
    if (outcome === 'refused' || outcome === 'malformed') refusals += 1;
    if (door.refusals.length !== refusals) found.push(`${what}, and was not counted once`);
    if (outcome === 'taken') {
      before = stateOf(bench);
      continue;
    }
    if (!stateOf(bench).equals(before)) found.push(`${what}, and changed what the replica knows`);
    if (bench.effects.length > 0) found.push(`${what}, and made the replica act`);
  }
  const { outcome } = door.send(sample.from, sample.message);
  return outcome === 'taken' ? found : [...found, `the message itself: ${outcome}`];
}

describe('a message with one field changed', () => {
  it('is made of every type that replicas send to each other', () => {
    const others = [
      'hello',
      'syncRequest',
      'syncResponse',
      'transactionBatch',
      'receiptSignatureRequest',
      'receiptSignatureResponse',
    ];
    const types = Object.keys(MESSAGE_FIELD).filter((type) => !others.includes(type));
    expect([...new Set(sampleArrivals.map(({ message }) => message.type))].sort()).toEqual(types.sort());
  });

  it.each(sampleArrivals)(
    'is taken when nothing is changed: $name',
    ({ from, message, bench: createBench }) => {
      const bench = createBench();
      const before = stateOf(bench);
      expect(new NodeDoor(bench).send(from, message)).toEqual({ outcome: 'taken', reason: undefined });
      expect(bench.effects.length > 0 || !stateOf(bench).equals(before)).toBe(true);
    },
  );

  it.each(sampleArrivals)('is made for every field of $name', (sample) => {
    const { message } = sample;
    // A part that is left out is written as if it had been empty, or cannot be.
    const mutations = fieldMutations(message, OPTIONAL).filter(({ change }) => change !== 'left out');
    const all = new Set(mutations.map(({ field }) => field));
    const delivered = new Set(deliveries(sample).map(({ field }) => field));
    const never = [...all].filter((field) => !delivered.has(field));
    const isDerived = (field: string): boolean =>
      DERIVED.test(field) || DERIVED.test(`${message.type} ${field}`);
    expect(never.filter((field) => !isDerived(field))).toEqual([]);
    expect([...delivered].filter(isDerived)).toEqual([]);
  });

  it.each(sampleArrivals.filter(({ message }) => !UNSIGNED.has(message.type) && message.type !== 'echo'))(
    'is refused, counted, and changes nothing: $name',
    (sample) => {
      expect(flaws(sample)).toEqual([]);
    },
  );

  it('is refused when it is an echo, unless it merely tells of less', () => {
    const sample = sampleArrivals.find(({ message }) => message.type === 'echo')!;
    for (const { field, change, bytes } of deliveries(sample)) {
      const bench = sample.bench();
      const before = stateOf(bench);
      const { outcome } = new NodeDoor(bench).deliver(sample.from, bytes);
      const isShorter = SHORTER_ECHO.test(field) && !/twice|second/.test(change);
      expect([field, change, outcome === 'taken']).toEqual([field, change, isShorter]);
      if (outcome !== 'taken') expect(stateOf(bench).equals(before)).toBe(true);
      expect(bench.replica.view().standing).toBe('waking');
    }
  });

  it('is believed for nothing when it is a Status or a request for a body', () => {
    const counts = { taken: 0, malformed: 0 };
    for (const sample of sampleArrivals.filter(({ message }) => UNSIGNED.has(message.type))) {
      expect(flaws(sample)).toEqual([]);
      for (const { bytes } of deliveries(sample)) {
        const bench = sample.bench();
        bench.tick(bench.state.config.statusIntervalMs);
        const before = bench.replica.report();
        const { outcome } = new NodeDoor(bench).deliver(sample.from, bytes);
        counts[outcome as keyof typeof counts] += 1;
        expect([bench.replica.report(), bench.all('append'), bench.signing()]).toEqual([before, [], []]);
        expect(bench.all('send').every(({ to }) => to === sample.from)).toBe(true);
      }
    }
    expect(Math.min(counts.taken, counts.malformed)).toBeGreaterThan(5);
  });
});
