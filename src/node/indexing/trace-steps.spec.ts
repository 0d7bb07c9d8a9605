import { describe, expect, it } from '@jest/globals';
import { readLinkingEvent, stepsOf, type Stance } from './trace-steps.js';
import type { TraceDirection } from './search-cases.js';

function steps(
  subject: string,
  direction: TraceDirection,
  event: object,
  stance: Stance = 'whole',
): readonly string[] {
  const read = readLinkingEvent(Buffer.from(JSON.stringify(event)));
  return stepsOf(subject, stance, direction, read).map(
    ({ kind, from, to, follow }) => `${kind} ${from}>${to} ${follow ?? 'shown'}`,
  );
}

const packed = { type: 'AggregationEvent', action: 'ADD', parentID: 'case', childEPCs: ['a', 'b'] };
const unpacked = { ...packed, action: 'DELETE' };

describe('the steps of an event', () => {
  it('go into a container on the way forward, and into its contents on the way back', () => {
    expect(steps('a', 'forward', packed)).toEqual(['aggregation a>case container']);
    expect(steps('case', 'back', packed)).toEqual(['aggregation a>case whole', 'aggregation b>case whole']);
    expect(steps('a', 'back', packed)).toEqual([]);
    expect(steps('case', 'forward', packed)).toEqual([]);
  });

  it('come out of a container again, and show on the way forward that a stay has ended', () => {
    expect(steps('case', 'forward', unpacked)).toEqual([
      'disaggregation case>a whole',
      'disaggregation case>b whole',
    ]);
    expect(steps('a', 'forward', unpacked)).toEqual(['disaggregation case>a shown']);
    expect(steps('a', 'back', unpacked)).toEqual(['disaggregation case>a container']);
    expect(steps('case', 'back', unpacked)).toEqual([]);
  });

  it('do not lead from a container to what else lay in it', () => {
    expect(steps('case', 'forward', unpacked, 'container')).toEqual([]);
    expect(steps('case', 'back', packed, 'container')).toEqual([]);
  });

  it('take an observation of contents as their being together, and classes as what they are', () => {
    const seen = {
      type: 'AssociationEvent',
      action: 'OBSERVE',
      parentID: 'rack',
      childQuantityList: [{ epcClass: 'class' }],
    };
    expect(steps('class', 'forward', seen)).toEqual(['association class>rack container']);
    expect(steps('class', 'back', { ...seen, action: 'DELETE' })).toEqual([
      'dissociation rack>class container',
    ]);
  });

  it('go from inputs to outputs, whatever the action', () => {
    const made = {
      type: 'TransformationEvent',
      inputQuantityList: [{ epcClass: 'raw' }],
      outputEPCList: ['x', 'y'],
    };
    expect(steps('raw', 'forward', made)).toEqual([
      'transformation raw>x whole',
      'transformation raw>y whole',
    ]);
    expect(steps('y', 'back', made, 'container')).toEqual(['transformation raw>y whole']);
    expect(steps('raw', 'back', made)).toEqual([]);
  });

  it('are none of an event that links nothing', () => {
    for (const type of ['TransactionEvent', 'ObjectEvent'])
      expect(steps('a', 'forward', { ...packed, type })).toEqual([]);
  });
});
