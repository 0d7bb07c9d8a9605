import { describe, expect, it } from '@jest/globals';
import { judgeChange, type PreflightFacts, type SeenNode } from './preflight.js';

const up = (organisation: string, height = 100): SeenNode => ({ organisation, reachable: true, height });
const down = (organisation: string): SeenNode => ({ organisation, reachable: false, height: 90 });

const FACTS: PreflightFacts = {
  validators: ['acme', 'globex', 'initech', 'umbrella'].map((organisation) => up(organisation)),
  learners: [up('hooli', 95)],
  head: 100,
  pipelineDepth: 8,
  pendingFirstHeight: undefined,
};
const codes = (...change: Parameters<typeof judgeChange>): readonly string[] =>
  judgeChange(...change).problems.map(({ code }) => code);

describe('the judgement of a change', () => {
  it('lets a learner in that is there and near the head, and names what is needed then', () => {
    expect(judgeChange('promote', 'hooli', FACTS)).toEqual({
      before: { validators: 4, needed: 3, reachable: 4 },
      after: { validators: 5, needed: 4, reachable: 5 },
      mustStayUp: [],
      lagBlocks: 5,
      problems: [],
    });
  });

  it('warns of a learner that is away, has said nothing, or is more than L blocks behind', () => {
    expect(codes('promote', 'hooli', { ...FACTS, learners: [down('hooli')] })).toEqual([
      'LEARNER_UNREACHABLE',
    ]);
    const silent = { organisation: 'hooli', reachable: true, height: undefined };
    expect(codes('promote', 'hooli', { ...FACTS, learners: [silent] })).toEqual(['LEARNER_UNREACHABLE']);
    expect(codes('promote', 'hooli', { ...FACTS, learners: [up('hooli', 92)] })).toEqual([]);
    expect(codes('promote', 'hooli', { ...FACTS, learners: [up('hooli', 91)] })).toEqual(['LEARNER_BEHIND']);
  });

  it('warns when a validator that does not run would stop the ledger', () => {
    const validators = [up('acme'), up('globex'), up('initech'), down('umbrella')];
    expect(judgeChange('promote', 'hooli', { ...FACTS, validators })).toMatchObject({
      after: { validators: 5, needed: 4, reachable: 4 },
      mustStayUp: ['acme', 'globex', 'initech', 'hooli'],
      problems: [],
    });
    const found = codes('promote', 'hooli', { ...FACTS, validators, learners: [down('hooli')] });
    expect(found).toEqual(['LEARNER_UNREACHABLE', 'QUORUM_MISSING_AFTER']);
  });

  it('knows that the one who leaves is needed until the epoch has ended', () => {
    const validators = [up('acme'), up('globex'), down('initech'), down('umbrella')];
    expect(codes('remove', 'umbrella', { ...FACTS, validators })).toEqual(['QUORUM_MISSING_NOW']);
    const small = [up('acme'), down('globex'), down('initech'), up('umbrella')];
    expect(codes('remove', 'umbrella', { ...FACTS, validators: small })).toEqual([
      'QUORUM_MISSING_NOW',
      'QUORUM_MISSING_AFTER',
    ]);
    const five = [...FACTS.validators, down('hooli')];
    expect(judgeChange('demote', 'hooli', { ...FACTS, validators: five, learners: [] })).toMatchObject({
      before: { validators: 5, needed: 4, reachable: 4 },
      after: { validators: 4, needed: 3, reachable: 4 },
      problems: [],
    });
  });

  it('asks for a learner to promote, for a validator to demote, and for one change after the other', () => {
    expect(codes('promote', 'acme', FACTS)).toEqual(['NOT_A_LEARNER']);
    expect(codes('demote', 'hooli', FACTS)).toEqual(['NOT_A_VALIDATOR']);
    expect(codes('remove', 'hooli', FACTS)).toEqual([]);
    expect(codes('rotateKey', 'acme', { ...FACTS, pendingFirstHeight: 109 })).toEqual(['CHANGE_PENDING']);
  });
});
