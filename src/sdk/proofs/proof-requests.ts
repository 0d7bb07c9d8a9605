/** Files that prove what a node says of a subject or of the state, as they are asked for and come back. */
import type { Height } from '../../protocol/primitives/identifiers.js';
import { queryString } from '../client-answers.js';
import type { ExchangeAnswer } from '../http-exchange.js';

export interface AtHeightOptions {
  /** Answer as of this height instead of the newest that there is. */
  readonly atHeight?: Height;
}

export interface ProofPageOptions extends AtHeightOptions {
  readonly cursor?: string;
  readonly limit?: number;
}

/** One page of a history, which verifySubjectHistory opens. */
export interface SubjectHistoryFile {
  /** As they are to be kept: a changed byte is refused. */
  readonly bytes: Uint8Array;
  /** For the page after it, as of the same height; `undefined` on the last page. */
  readonly nextCursor: string | undefined;
}

/** One entry of the state as a node says it. */
export interface StateEntry {
  readonly key: string;
  readonly height: Height;
  readonly present: boolean;
  /** Base64; absent when there is no entry. */
  readonly value?: string;
}

export function historyPath(subject: string): string {
  return `/v1/subjects/${encodeURIComponent(subject)}/history`;
}

export function statePath(
  key: string,
  options: Readonly<Record<string, string | number | undefined>>,
): string {
  return `/v1/state/${encodeURIComponent(key)}${queryString(options)}`;
}

export function answerToHistoryFile({ bytes, headers }: ExchangeAnswer): SubjectHistoryFile {
  const [, address] = /^<([^>]*)>; rel="next"$/.exec(headers.get('link') ?? '') ?? [];
  const cursor = address === undefined ? null : new URL(address, 'http://node').searchParams.get('cursor');
  return { bytes, nextCursor: cursor ?? undefined };
}
