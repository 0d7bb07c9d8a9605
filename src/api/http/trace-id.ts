/** The trace of a request (W3C Trace Context): of the caller's traceparent when it sent one, otherwise new. */
import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
const NO_TRACE = '0'.repeat(32);

/** 32 lower-case hexadecimal digits. */
export function traceIdOf(traceparent: string | readonly string[] | undefined): string {
  const given = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  if (given !== undefined && given !== NO_TRACE && !traceparent?.toString().startsWith('ff')) return given;
  return randomBytes(16).toString('hex');
}
