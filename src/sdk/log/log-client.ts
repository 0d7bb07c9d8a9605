/**
 * The part of a node's REST interface that whoever compares checkpoints needs; open to anyone. Answers are read strictly, because
 * they come from somebody who may lie: what does not have its form throws RESPONSE_MALFORMED.
 */
import type { Validator } from '../../protocol/ledger/validator-set.js';
import { parseBase64 } from '../../protocol/primitives/base64.js';
import { hexToBytes } from '../../protocol/primitives/bytes.js';
import { isCheckedInteger } from '../../protocol/primitives/checked-integers.js';
import {
  isHex64,
  isOrganisationName,
  type Digest,
  type Epoch,
  type Height,
  type PublicKey,
} from '../../protocol/primitives/identifiers.js';
import type { EpochEnd } from '../../protocol/proof/countersigned/countersigned-result.js';
import { parseResource, queryString } from '../client-answers.js';
import { CountersignError } from '../countersign-error.js';
import { exchange, type ExchangeSettings } from '../http-exchange.js';

/** The result log up to a height. */
export interface LogState {
  readonly height: Height;
  /** RFC 6962, hex. */
  readonly root: Digest;
}

/** RFC 6962 section 2.1.2; hashes are hex. */
export interface ConsistencyProof {
  readonly from: LogState;
  readonly to: LogState;
  readonly path: readonly Digest[];
}

/** RFC 6962 section 2.1.1; hashes are hex. */
export interface InclusionProof {
  readonly height: Height;
  /** Of the result record of that height. */
  readonly leafHash: Digest;
  readonly at: LogState;
  readonly path: readonly Digest[];
}

export interface ValidatorHistoryPage {
  /** Ends of epochs, in order. */
  readonly items: readonly EpochEnd[];
  /** Where the next page begins. */
  readonly nextFrom: Epoch | undefined;
}

/** Longer than any path in a log that can be counted. */
const PATH_HASHES_MAX = 64;
/** More than a page of a node holds, and than a ledger has validators. */
const ITEMS_MAX = 1_000;

function malformed(what: string): CountersignError {
  return new CountersignError(
    'RESPONSE_MALFORMED',
    `${what}; is this the address of a node of this version?`,
  );
}

class AnswerReader {
  constructor(private readonly value: unknown) {}

  member(name: string): AnswerReader {
    const { value } = this;
    if (typeof value !== 'object' || value === null) throw malformed(`the answer has no member ${name}`);
    return new AnswerReader(Reflect.get(value, name));
  }

  get isAbsent(): boolean {
    return this.value === undefined;
  }

  text(): string {
    if (typeof this.value !== 'string') throw malformed('a member of the answer is no string');
    return this.value;
  }

  integer(): number {
    if (!isCheckedInteger(this.value as number)) throw malformed('a member of the answer is no integer');
    return this.value as number;
  }

  digest(): Digest {
    const text = this.text();
    if (!isHex64(text)) throw malformed('a hash of the answer is not 64 lower-case hex digits');
    return text as Digest;
  }

  list<Item>(most: number, read: (item: AnswerReader) => Item): readonly Item[] {
    const { value } = this;
    if (!Array.isArray(value) || value.length > most)
      throw malformed('a list of the answer is none, or too long');
    return value.map((item) => read(new AnswerReader(item)));
  }

  path(): readonly Digest[] {
    return this.list(PATH_HASHES_MAX, (item) => item.digest());
  }

  logState(): LogState {
    return { height: this.member('height').integer(), root: this.member('root').digest() };
  }

  private validator(): Validator {
    const organisation = this.member('organisation').text();
    const ledgerKey = this.member('ledgerKey').digest() as string as PublicKey;
    if (!isOrganisationName(organisation)) throw malformed('a validator of the answer has no name');
    return { organisation, ledgerKey };
  }

  epochEnd(): EpochEnd {
    const resultRecord = parseBase64(this.member('resultRecord').text());
    if (resultRecord === undefined) throw malformed('a result record of the answer is not base64');
    return {
      resultRecord,
      validators: this.member('validators').list(ITEMS_MAX, (item) => item.validator()),
      checkpoint: this.member('checkpoint').text(),
      checkpointPath: this.member('checkpointPath').path().map(hexToBytes),
    };
  }
}

export class LogClient {
  constructor(
    private readonly base: string,
    private readonly settings: ExchangeSettings,
  ) {}

  /** The latest countersigned checkpoint, a C2SP note. Throws CHECKPOINT_NOT_FOUND while there is none. */
  async checkpoint(): Promise<string> {
    return this.note('/v1/checkpoint');
  }

  /** That of a height; `undefined` when it is not countersigned at the node. */
  async checkpointAt(height: Height): Promise<string | undefined> {
    try {
      return await this.note(`/v1/checkpoints/${height}`);
    } catch (error) {
      if (error instanceof CountersignError && error.problem?.status === 404) return undefined;
      throw error;
    }
  }

  /** That the log of height `from` is the beginning of that of height `to`; verifyConsistency checks it. */
  async consistencyProof(from: Height, to: Height): Promise<ConsistencyProof> {
    const answer = await this.json(`/v1/log/consistency${queryString({ from, to })}`);
    return {
      from: answer.member('from').logState(),
      to: answer.member('to').logState(),
      path: answer.member('path').path(),
    };
  }

  /** That the result of block `height` is in the log of height `at`; verifyInclusion checks it. */
  async inclusionProof(height: Height, at: Height): Promise<InclusionProof> {
    const answer = await this.json(`/v1/log/inclusion${queryString({ height, at })}`);
    return {
      height: answer.member('height').integer(),
      leafHash: answer.member('leafHash').digest(),
      at: answer.member('at').logState(),
      path: answer.member('path').path(),
    };
  }

  /** The ends of epochs from `from` on. */
  async validatorHistory(from: Epoch): Promise<ValidatorHistoryPage> {
    const answer = await this.json(`/v1/validator-history${queryString({ from })}`);
    const nextFrom = answer.member('nextFrom');
    return {
      items: answer.member('items').list(ITEMS_MAX, (item) => item.epochEnd()),
      nextFrom: nextFrom.isAbsent ? undefined : nextFrom.integer(),
    };
  }

  private async note(path: string): Promise<string> {
    const request = { method: 'GET', url: this.base + path, accept: 'text/plain', open: true } as const;
    return new TextDecoder().decode((await exchange(this.settings, request)).bytes);
  }

  private async json(path: string): Promise<AnswerReader> {
    const accept = 'application/json';
    const request = { method: 'GET', url: this.base + path, accept, open: true } as const;
    return new AnswerReader(parseResource<unknown>(await exchange(this.settings, request)));
  }
}
