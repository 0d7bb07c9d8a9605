/** Values of options: a text that does not fit is a usage error that names the option. */
import { InvalidArgumentError } from 'commander';
import { isNetworkAddress } from '../protocol/primitives/network-address.js';

export function parseCount(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of 0 or more.');
  return Number(text);
}

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000 } as const;

/** `500ms`, `10s` or `2m` as milliseconds. */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^([0-9]{1,9})(ms|s|m)$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('It must be a duration such as 500ms, 10s or 2m.');
  return Number(digits) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
}

export function parseTransactionId(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InvalidArgumentError('A transaction id is 64 lower-case hex digits.');
  }
  return text;
}

export function parseNetworkAddress(text: string): string {
  if (!isNetworkAddress(text)) throw new InvalidArgumentError('An address is HOST:PORT.');
  return text;
}
