import { describe, expect, it } from '@jest/globals';
import { sampleEvidence } from '../../test/support/peer-message-samples.js';
import { decodeEvidence, encodeEvidence } from './evidence-bytes.js';

const corrupt = expect.objectContaining({ code: 'DATABASE_CORRUPT' });

describe('stored evidence', () => {
  it.each(sampleEvidence().map((evidence) => [evidence.type, evidence] as const))(
    'comes back as it was: %s',
    (_type, evidence) => {
      expect(decodeEvidence(encodeEvidence(evidence))).toEqual(evidence);
    },
  );

  it('is reported as damage when it cannot have been written', () => {
    expect(() => decodeEvidence(Uint8Array.of(1, 2, 3))).toThrow(corrupt);
    expect(() => decodeEvidence(new Uint8Array(0))).toThrow(corrupt);
    const [votes] = sampleEvidence();
    const stranger = encodeEvidence({ ...votes!, offender: 1_024 });
    expect(() => decodeEvidence(stranger)).toThrow(corrupt);
  });
});
