/** Values that answers are made of, so that every resource spells them alike. */
import { z } from 'zod';

export const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({
    id: 'Digest',
    description: '32 bytes as lower-case hexadecimal digits.',
    examples: ['9f'.repeat(32)],
  });

export const heightSchema = z
  .int()
  .min(0)
  .meta({ id: 'Height', description: 'Number of a block; 0 is genesis.', examples: [12] });

export const timestampSchema = z
  .string()
  .meta({ id: 'Timestamp', format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' });

export const nextCursorSchema = z
  .string()
  .optional()
  .meta({ description: 'Give it as cursor for the next page; absent on the last page.' });

export const base64Schema = z
  .string()
  .meta({ contentEncoding: 'base64', description: 'RFC 4648 base64 with padding.' });

export function timestampToText(timestampMs: number): string {
  return new Date(timestampMs).toISOString();
}
