/** The part of the client for auditors who may read the whole ledger. */
import type { Height } from '../../protocol/primitives/identifiers.js';
import { parseResource, queryString } from '../client-answers.js';
import { exchange, exchangeStream, type ExchangeSettings } from '../http-exchange.js';
import type { AuditResultResource, AuditStatePage } from './audit-resources.js';

const JSON_TYPE = 'application/json';
const BUNDLE_TYPE = 'application/x-ndjson';

export class AuditClient {
  constructor(
    private readonly base: string,
    private readonly settings: ExchangeSettings,
  ) {}

  /**
   * A bundle of blocks `from` to `to`, or to the highest countersigned height; verifyBundle opens it. Chunks are asked for as
   * they are taken. Throws CountersignError; one that breaks off lacks its last line.
   */
  exportBundle(from: Height, to?: Height): AsyncGenerator<Uint8Array, void, undefined> {
    const url = `${this.base}/v1/audit/export${queryString({ from, to })}`;
    return exchangeStream(this.settings, { method: 'GET', url, accept: BUNDLE_TYPE });
  }

  /** What the node holds of a height. */
  result(height: Height): Promise<AuditResultResource> {
    return this.json(`/v1/audit/results/${height}`);
  }

  /** Entries of the state by digests, in the order of key digests; the last page has fewer entries than its limit. */
  state(options: { readonly after?: string; readonly limit?: number } = {}): Promise<AuditStatePage> {
    return this.json(`/v1/audit/state${queryString({ ...options })}`);
  }

  private async json<Resource>(path: string): Promise<Resource> {
    const request = { method: 'GET', url: this.base + path, accept: JSON_TYPE } as const;
    return parseResource<Resource>(await exchange(this.settings, request));
  }
}
