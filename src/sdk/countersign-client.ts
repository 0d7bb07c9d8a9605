/**
 * Client of a node's REST interface, for browsers and servers alike. It trusts the node with nothing that matters: what a
 * node says of a transaction is proven by its receipt, which verifyReceipt checks with the genesis file alone.
 */
import { bytesToBase64 } from '../protocol/primitives/base64.js';
import { AuditClient } from './audit/audit-client.js';
import type {
  MotionAnswer,
  MotionHistory,
  MotionResource,
  MotionStatusName,
  MembershipStepName,
  PreflightResource,
  ValidatorList,
} from './governance/governance-resources.js';
import type { Height, OrganisationName } from '../protocol/primitives/identifiers.js';
import { parseResource, queryString, settledTransaction } from './client-answers.js';
import { CountersignError } from './countersign-error.js';
import {
  exchange,
  pause,
  type ExchangeAnswer,
  type ExchangeRequest,
  type ExchangeSettings,
} from './http-exchange.js';
import { LogClient } from './log/log-client.js';
import {
  answerToHistoryFile,
  historyPath,
  statePath,
  type AtHeightOptions,
  type ProofPageOptions,
  type StateEntry,
  type SubjectHistoryFile,
} from './proofs/proof-requests.js';
import type { Credentials } from './request-credentials.js';
import type {
  BatchItem,
  BlockResource,
  CallerResource,
  CommittedTransaction,
  EvidencePage,
  HistoryPage,
  IdentityHistory,
  IdentityResource,
  ListedTransaction,
  OrganisationHistory,
  OrganisationList,
  Page,
  StatusResource,
  TransactionResource,
  WithheldTransaction,
} from './resources.js';
import type { RecordPage, RecordQuery, TraceQuery, TraceResource } from './search/search-resources.js';
import type { SignedTransaction } from './sign-transaction.js';

export interface CountersignClientOptions {
  /** Of one attempt. */
  readonly timeoutMs?: number;
  /** Further attempts when the node is not reachable, busy or without quorum. */
  readonly retries?: number;
  /** Who asks. Without it the client can submit signed transactions, and read checkpoints. */
  readonly credentials?: Credentials;
  /** Sent with every request, for example to a proxy. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
}

export interface WaitOptions {
  /** Bound of the whole wait, milliseconds. */
  readonly timeoutMs?: number;
}

export interface PageOptions {
  readonly cursor?: string;
  readonly limit?: number;
}

const JSON_TYPE = 'application/json';
const CBOR_TYPE = 'application/cbor';
const PROTOBUF_TYPE = 'application/x-protobuf';
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_RETRIES = 3;
const DEFAULT_WAIT_MS = 30_000;
/** What one request asks the node to wait at most; a longer wait is several requests. */
const WAIT_SLICE_MS_MAX = 10_000;
const POLL_MS = 100;

function identityPath(organisation: OrganisationName, name: string): string {
  return `/v1/identities/${encodeURIComponent(organisation)}/${encodeURIComponent(name)}`;
}

function waitTimeout(failure: string): CountersignError {
  return new CountersignError('WAIT_TIMEOUT', `${failure} in time; wait longer or ask for the node's status`);
}

export class CountersignClient {
  /** For auditors of the whole ledger. */
  readonly audit: AuditClient;
  private readonly base: string;
  private readonly settings: ExchangeSettings;
  /** What anyone may ask: checkpoints, proofs between them, and how the validators changed. */
  readonly log: LogClient;

  /** `baseUrl` is the node's address without the version: `http://127.0.0.1:7101`. Throws TypeError when it is no URL. */
  constructor(baseUrl: string, options: CountersignClientOptions = {}) {
    this.base = new URL(baseUrl).href.replace(/\/$/, '');
    this.settings = {
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      retries: options.retries ?? DEFAULT_RETRIES,
      headers: options.headers ?? {},
      credentials: options.credentials,
      nodeClock: { aheadMs: 0 },
      fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    };
    this.log = new LogClient(this.base, this.settings);
    this.audit = new AuditClient(this.base, this.settings);
  }

  /**
   * Hands the transaction to the node, which answers PENDING, or COMMITTED when it is on the ledger already.
   * Throws CountersignError with the code of the refusal.
   */
  async submit(transaction: Pick<SignedTransaction, 'bytes'>): Promise<TransactionResource> {
    return this.post('/v1/transactions', PROTOBUF_TYPE, transaction.bytes);
  }

  /** Submits, and resolves when the transaction is durable at the node. Throws TRANSACTION_EXPIRED, WAIT_TIMEOUT. */
  async submitAndWait(
    transaction: Pick<SignedTransaction, 'bytes' | 'id'>,
    options: WaitOptions = {},
  ): Promise<CommittedTransaction> {
    const deadline = Date.now() + (options.timeoutMs ?? DEFAULT_WAIT_MS);
    for (;;) {
      const sliceMs = Math.max(0, Math.min(deadline - Date.now(), WAIT_SLICE_MS_MAX));
      const path = `/v1/transactions?wait=commit&timeout=${sliceMs}ms`;
      // The same bytes again are the same question again, and need no other proof of who asks.
      const answer = await this.post<TransactionResource>(path, PROTOBUF_TYPE, transaction.bytes, sliceMs);
      if (answer.status !== 'PENDING') return settledTransaction(answer);
      if (Date.now() >= deadline) throw waitTimeout(`transaction ${transaction.id} is not on the ledger`);
      await pause(POLL_MS);
    }
  }

  /** One result for each transaction, in order. */
  async submitBatch(transactions: readonly SignedTransaction[]): Promise<readonly BatchItem[]> {
    const items = transactions.map(({ body, signature }) => ({
      body: bytesToBase64(body),
      signature: bytesToBase64(signature),
    }));
    const bytes = new TextEncoder().encode(JSON.stringify({ transactions: items }));
    const answer = await this.post<{ readonly results: readonly BatchItem[] }>(
      '/v1/transactions:batch',
      JSON_TYPE,
      bytes,
    );
    return answer.results;
  }

  /** `undefined` when the node has never seen it. */
  async transaction(id: string): Promise<TransactionResource | undefined> {
    return this.find(`/v1/transactions/${encodeURIComponent(id)}`);
  }

  /** Resolves when the transaction is durable at the node. Throws TRANSACTION_EXPIRED, WAIT_TIMEOUT. */
  async waitForCommit(id: string, options: WaitOptions = {}): Promise<CommittedTransaction> {
    return this.poll(`transaction ${id} is not on the ledger`, options, async () => {
      const found = await this.transaction(id);
      return found === undefined || found.status === 'PENDING' ? undefined : settledTransaction(found);
    });
  }

  /** Canonical bytes of the receipt; `undefined` while the transaction is not countersigned yet. */
  async receipt(id: string): Promise<Uint8Array | undefined> {
    const path = `/v1/transactions/${encodeURIComponent(id)}/receipt`;
    try {
      return (await this.get(path, JSON_TYPE)).bytes;
    } catch (error) {
      if (
        error instanceof CountersignError &&
        (error.problem?.status === 404 || error.problem?.status === 409)
      ) {
        return undefined;
      }
      throw error;
    }
  }

  /** Resolves with the receipt when a quorum has countersigned. Throws WAIT_TIMEOUT. */
  async waitForReceipt(id: string, options: WaitOptions = {}): Promise<Uint8Array> {
    return this.poll(`transaction ${id} has no receipt`, options, () => this.receipt(id));
  }

  /** The COSE form of the receipt, for which the node asks the other organisations. Throws as the node refuses. */
  async coseReceipt(id: string): Promise<Uint8Array> {
    return (await this.get(`/v1/transactions/${encodeURIComponent(id)}/receipt`, CBOR_TYPE)).bytes;
  }

  /** A COSE Key Set of the keys that COSE receipts are signed with, past ones included; decodeReceiptKeys opens it. */
  async receiptKeys(): Promise<Uint8Array> {
    const url = `${this.base}/.well-known/scitt-keys`;
    return (await this.send({ method: 'GET', url, accept: CBOR_TYPE, open: true })).bytes;
  }

  async transactions(
    options: PageOptions & { readonly height?: Height } = {},
  ): Promise<Page<ListedTransaction | WithheldTransaction>> {
    return this.json(`/v1/transactions${queryString({ ...options })}`);
  }

  async blocks(options: PageOptions = {}): Promise<Page<BlockResource>> {
    return this.json(`/v1/blocks${queryString({ ...options })}`);
  }

  /** `undefined` when the node has no such block (yet). */
  async block(height: Height): Promise<BlockResource | undefined> {
    return this.find(`/v1/blocks/${height}`);
  }

  /** Events that name the subject, oldest first. */
  async history(subject: string, options: ProofPageOptions = {}): Promise<HistoryPage> {
    return this.json(`${historyPath(subject)}${queryString({ ...options })}`);
  }

  /** The same with its proof, as of a countersigned height: a file for verifySubjectHistory. */
  async subjectHistoryProof(subject: string, options: ProofPageOptions = {}): Promise<SubjectHistoryFile> {
    const path = `${historyPath(subject)}${queryString({ ...options, proof: 'true' })}`;
    return answerToHistoryFile(await this.get(path, JSON_TYPE));
  }

  /** One entry of the state; the key is written kind/part/part, for example by subjectKeyText. */
  async state(key: string, options: AtHeightOptions = {}): Promise<StateEntry> {
    return this.json(statePath(key, { ...options }));
  }

  /** The same, or that there is none, with its proof, as of a countersigned height: a file for verifyState. */
  async stateProof(key: string, options: AtHeightOptions = {}): Promise<Uint8Array> {
    return (await this.get(statePath(key, { ...options, proof: 'true' }), JSON_TYPE)).bytes;
  }

  /** Records that fit every filter, newest first unless it says otherwise; a page may be short, or empty, and still have a next. */
  async searchRecords(query: RecordQuery = {}): Promise<RecordPage> {
    return this.json(`/v1/records${queryString({ ...query })}`);
  }

  /** Where the subject came from, or where it went, with the record that proves each step. */
  async traceSubject(subject: string, query: TraceQuery): Promise<TraceResource> {
    return this.json(`/v1/subjects/${encodeURIComponent(subject)}/trace${queryString({ ...query })}`);
  }

  /** All organisations of the ledger. */
  async organisations(): Promise<OrganisationList> {
    return this.json('/v1/organisations');
  }

  /** The commands about an organisation as a whole, oldest first; `undefined` when the ledger has no such organisation. */
  async organisationHistory(
    organisation: OrganisationName,
    options: PageOptions = {},
  ): Promise<OrganisationHistory | undefined> {
    const path = `/v1/organisations/${encodeURIComponent(organisation)}/history`;
    return this.find(`${path}${queryString({ ...options })}`);
  }

  /** Identities of one organisation, or of all. */
  async identities(
    options: PageOptions & { readonly organisation?: OrganisationName } = {},
  ): Promise<Page<IdentityResource>> {
    return this.json(`/v1/identities${queryString({ ...options })}`);
  }

  /** `undefined` when the ledger has no such identity. */
  async identity(organisation: OrganisationName, name: string): Promise<IdentityResource | undefined> {
    return this.find(identityPath(organisation, name));
  }

  /** The commands about an identity, oldest first; `undefined` when the ledger has no such identity. */
  async identityHistory(
    organisation: OrganisationName,
    name: string,
    options: PageOptions = {},
  ): Promise<IdentityHistory | undefined> {
    return this.find(`${identityPath(organisation, name)}/history${queryString({ ...options })}`);
  }

  /** What the organisations decide together, in the order of ids; a page of one status may be short and still have a next. */
  async motions(
    options: PageOptions & { readonly status?: MotionStatusName } = {},
  ): Promise<Page<MotionResource>> {
    return this.json(`/v1/motions${queryString({ ...options })}`);
  }

  /** `undefined` when the ledger has no such motion. */
  async motion(id: string): Promise<MotionAnswer | undefined> {
    return this.find(`/v1/motions/${encodeURIComponent(id)}`);
  }

  /** The commands about a motion, oldest first; `undefined` when the ledger has no such motion. */
  async motionHistory(id: string, options: PageOptions = {}): Promise<MotionHistory | undefined> {
    return this.find(`/v1/motions/${encodeURIComponent(id)}/history${queryString({ ...options })}`);
  }

  /** Who votes: now, soon, and not. */
  async validators(): Promise<ValidatorList> {
    return this.json('/v1/validators');
  }

  /** What a change of the validators would do to progress. */
  async preflight(change: MembershipStepName, organisation: OrganisationName): Promise<PreflightResource> {
    return this.json(`/v1/validators/preflight${queryString({ change, organisation })}`);
  }

  /** Proofs that a member's key signed what no correct node does, in the order in which the node saved them. */
  async evidence(options: PageOptions = {}): Promise<EvidencePage> {
    return this.json(`/v1/evidence${queryString({ ...options })}`);
  }

  /** The latest countersigned checkpoint, a C2SP note; verifyCheckpoint opens it. */
  async checkpoint(): Promise<string> {
    return this.log.checkpoint();
  }

  /** The node's genesis file. A verifier takes it from somebody it trusts, not from here. */
  async genesis(): Promise<Uint8Array> {
    return (await this.get('/v1/genesis', JSON_TYPE)).bytes;
  }

  /** Who this client is to the node, and what it may call there. */
  async caller(): Promise<CallerResource> {
    return this.json('/v1/caller');
  }

  async status(): Promise<StatusResource> {
    return this.json('/v1/status');
  }

  private get(path: string, accept: string): Promise<ExchangeAnswer> {
    return this.send({ method: 'GET', url: this.base + path, accept });
  }

  private async json<Resource>(path: string): Promise<Resource> {
    return parseResource<Resource>(await this.get(path, JSON_TYPE));
  }

  private async find<Resource>(path: string): Promise<Resource | undefined> {
    try {
      return await this.json<Resource>(path);
    } catch (error) {
      if (error instanceof CountersignError && error.problem?.status === 404) return undefined;
      throw error;
    }
  }

  private async post<Resource>(
    path: string,
    contentType: string,
    bytes: Uint8Array,
    extraTimeoutMs = 0,
  ): Promise<Resource> {
    const url = this.base + path;
    const body = { contentType, bytes };
    return parseResource<Resource>(
      await this.send({ method: 'POST', url, accept: JSON_TYPE, body, open: true, extraTimeoutMs }),
    );
  }

  private send(request: ExchangeRequest): Promise<ExchangeAnswer> {
    return exchange(this.settings, request);
  }

  private async poll<Value>(
    failure: string,
    options: WaitOptions,
    look: () => Promise<Value | undefined>,
  ): Promise<Value> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_WAIT_MS;
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const value = await look();
      if (value !== undefined) return value;
      if (Date.now() >= deadline) {
        throw waitTimeout(failure);
      }
      await pause(POLL_MS);
    }
  }
}
