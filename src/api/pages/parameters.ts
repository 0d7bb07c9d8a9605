/** Parameters that several resources share, each with its check, its text in the document and its problem code. */
import { z } from 'zod';
import type { ParameterDeclaration } from '../openapi/operation.js';

const INTEGER = /^(?:0|[1-9][0-9]{0,15})$/;

/** Decimal digits of a safe integer in [minimum, maximum], without sign or leading zero. */
export function integerText(minimum: number, maximum: number): z.ZodType<number, string> {
  const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `from ${minimum} to ${maximum}`;
  const error = `must be a decimal integer ${range}`;
  return z
    .string({ error })
    .regex(INTEGER, { error })
    .transform(Number)
    .refine((value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum, { error });
}

export const HEIGHT_PARAMETER: ParameterDeclaration = {
  schema: integerText(0, Number.MAX_SAFE_INTEGER).meta({ type: 'integer', format: 'int64', minimum: 0 }),
  description: 'Height of a block; 0 is genesis.',
  example: 12,
  problem: 'HEIGHT_INVALID',
};

export const FROM_EPOCH_PARAMETER: ParameterDeclaration = {
  schema: integerText(0, Number.MAX_SAFE_INTEGER)
    .prefault('0')
    .meta({ type: 'integer', format: 'int64', minimum: 0, default: 0 }),
  description: 'First epoch whose end is wanted.',
  example: 0,
  problem: 'EPOCH_INVALID',
};

export const AT_HEIGHT_PARAMETER: ParameterDeclaration = {
  schema: integerText(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ type: 'integer', format: 'int64', minimum: 0 }),
  description: 'Answer as of this height instead of the newest.',
  example: 12,
  problem: 'HEIGHT_INVALID',
};

export const PROOF_PARAMETER: ParameterDeclaration = {
  schema: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  description: 'true answers with a file that proves the answer offline, as of a countersigned height.',
  example: 'false',
};

export const TRANSACTION_ID_PARAMETER: ParameterDeclaration = {
  schema: z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hexadecimal digits' }),
  description: 'Transaction id: SHA-256 of the domain tag and the body.',
  example: '5f0c1d9e4a7b2c3d5f0c1d9e4a7b2c3d5f0c1d9e4a7b2c3d5f0c1d9e4a7b2c3d',
  problem: 'TRANSACTION_ID_INVALID',
};

export const MOTION_ID_PARAMETER: ParameterDeclaration = {
  schema: z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hexadecimal digits' }),
  description: 'Id of the motion: that of the transaction that proposed it.',
  example: '5f0c1d9e4a7b2c3d5f0c1d9e4a7b2c3d5f0c1d9e4a7b2c3d5f0c1d9e4a7b2c3d',
  problem: 'TRANSACTION_ID_INVALID',
};

export const CURSOR_PARAMETER: ParameterDeclaration = {
  schema: z.string().min(1, { error: 'must not be empty' }).optional(),
  description: 'nextCursor of the page before; opaque.',
  problem: 'CURSOR_INVALID',
};

export function limitParameter(maximum: number, byDefault: number): ParameterDeclaration {
  return {
    schema: integerText(1, maximum)
      .prefault(String(byDefault))
      .meta({ type: 'integer', minimum: 1, maximum, default: byDefault }),
    description: 'Most items on the page.',
    example: Math.min(10, maximum),
    problem: 'LIMIT_INVALID',
  };
}
