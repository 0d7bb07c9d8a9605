/**
 * Proofs of histories and of entries of the state (HIST-1, STATE-7), as of a countersigned height whose state is still known.
 * Each is checked before it is handed out: what does not verify here is a fault of this node, not the reader's trouble.
 */
import { frontierRoot } from '../../protocol/crypto/merkle/merkle-frontier.js';
import { verifyRange } from '../../protocol/crypto/merkle/verify-range.js';
import { sha256 } from '../../protocol/crypto/sha256.js';
import { subjectFrontier, subjectLeafHash } from '../../protocol/execution/apply-records.js';
import { decodeResultRecord } from '../../protocol/ledger/result-record.js';
import { bytesEqual, hexToBytes } from '../../protocol/primitives/bytes.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { ResultParts } from '../../protocol/proof/build-receipt.js';
import { buildStateValue } from '../../protocol/proof/state/state-value.js';
import { buildSubjectHistory, type HistoryFileEntry } from '../../protocol/proof/state/subject-history.js';
import { stateKey, stateKeyDigest, stateValueDigest, type StateKey } from '../../protocol/state/state-key.js';
import { verifyStateProof } from '../../protocol/state/state-proof.js';
import type { HistoryEntry, LedgerReader } from '../ports.js';
import type { ProofRefusal, Proofs, SubjectPageRequest } from '../use-cases.js';
import type { CountersignedResults } from './countersigned-results.js';
import type { RecentStates, StateAtHeight } from './recent-states.js';
import { readSubjectRange } from './subject-range.js';

export interface LedgerProofsPorts {
  readonly results: Pick<CountersignedResults, 'find'>;
  readonly states: Pick<RecentStates, 'read' | 'earliest'>;
  readonly reader: Pick<
    LedgerReader,
    'headHeight' | 'highestCheckpoint' | 'readHistory' | 'readHistoryLeaves' | 'readHistoryNodes'
  >;
}

interface ProvenKey extends StateAtHeight {
  readonly height: Height;
  readonly result: ResultParts;
}

interface Window {
  /** Durable where the reader reads. */
  readonly head: Height;
  readonly earliest: Height;
  /** Highest height that can be answered for. */
  readonly latest: Height;
}

function isRefusal(value: object): value is ProofRefusal {
  return 'refused' in value;
}

/** Which height to answer for, or why none. Genesis is proven by what every later state keeps of it. */
function chooseHeight(
  { head, earliest, latest }: Window,
  atHeight: Height | undefined,
): Height | ProofRefusal {
  const height = atHeight ?? latest;
  if (height > head) return { refused: 'heightNotReached', earliest, latest };
  if (height > latest) return { refused: 'notCountersigned', earliest, latest };
  if (height >= earliest) return height;
  return { refused: atHeight === undefined ? 'notCountersigned' : 'heightNotKept', earliest, latest };
}

function corrupt(what: string): LedgerError {
  return new LedgerError('LEDGER_CORRUPT', `${what} does not lead to the countersigned state; run an audit`);
}

export class LedgerProofs implements Proofs {
  constructor(private readonly ports: LedgerProofsPorts) {}

  async subjectHistory(request: SubjectPageRequest): ReturnType<Proofs['subjectHistory']> {
    const { subject, from, limit } = request;
    const { reader } = this.ports;
    const key = stateKey('subject', subject);
    const proven = await this.proveKey(key, request.atHeight);
    if (isRefusal(proven)) return proven;
    const { value, proof, height, result } = proven;
    const frontier = subjectFrontier(value);
    const { size: count } = frontier;
    const parts = { ...result, subject, count, frontier: value, stateProof: proof };
    if (count === 0) {
      const file = buildSubjectHistory({ ...parts, from: 0, entries: [], range: [] });
      return { file, height, next: undefined };
    }
    if (from >= count) return { refused: 'beyondEnd', earliest: height, latest: height };
    const { entries } = await reader.readHistory(key, from, Math.min(limit, count - from));
    const to = from + entries.length;
    if (to === from) throw corrupt(`the history of ${subject} has no entry ${from}, and`);
    const [range, isReadable] = await Promise.all([
      readSubjectRange(reader, key, frontier, from, to),
      request.readable(entries),
    ]);
    const leafHashes = entries.map((entry) => subjectLeafHash(sha256(entry.record), entry));
    if (!verifyRange({ leafHashes, from, size: count, path: range, root: frontierRoot(frontier) }))
      throw corrupt(`the history of ${subject} from ${from} to ${to}`);
    const shown = entries.map((entry) => fileEntryOf(entry, isReadable(entry)));
    const file = buildSubjectHistory({ ...parts, from, entries: shown, range });
    return { file, height, next: to < count ? to : undefined };
  }

  async readState(key: StateKey, atHeight: Height | undefined): ReturnType<Proofs['readState']> {
    const head = await this.ports.reader.headHeight();
    const height = chooseHeight({ head, earliest: this.ports.states.earliest, latest: head }, atHeight);
    if (typeof height !== 'number') return height;
    const state = await this.ports.states.read(key, height);
    return state === undefined ? this.left(head) : { height, value: state.value };
  }

  async proveState(
    { key, keyText }: { readonly key: StateKey; readonly keyText: string },
    atHeight: Height | undefined,
  ): ReturnType<Proofs['proveState']> {
    const proven = await this.proveKey(key, atHeight);
    if (isRefusal(proven)) return proven;
    const { value, proof, height, result } = proven;
    return { file: buildStateValue({ ...result, key, keyText, value, stateProof: proof }), height };
  }

  private async proveKey(key: StateKey, atHeight: Height | undefined): Promise<ProvenKey | ProofRefusal> {
    const { reader, results, states } = this.ports;
    const [checkpoint, head] = await Promise.all([reader.highestCheckpoint(), reader.headHeight()]);
    const latest = Math.min(checkpoint?.height ?? 0, head);
    const height = chooseHeight({ head, earliest: Math.max(1, states.earliest), latest }, atHeight);
    if (typeof height !== 'number') return height;
    const [state, result] = await Promise.all([states.read(key, height), results.find(height)]);
    if (result === undefined) return { refused: 'notCountersigned', earliest: states.earliest, latest };
    if (state === undefined) return this.left(latest);
    assertProven(key, state, result);
    return { ...state, height, result };
  }

  /** The height has left the window while it was looked at. */
  private left(latest: Height): ProofRefusal {
    return { refused: 'heightNotKept', earliest: this.ports.states.earliest, latest };
  }
}

/** Throws LEDGER_CORRUPT. */
function assertProven(key: StateKey, { value, proof }: StateAtHeight, { resultRecord }: ResultParts): void {
  const record = decodeResultRecord(resultRecord);
  if (!record.ok) throw corrupt('a result record');
  const proven = verifyStateProof(hexToBytes(record.value.stateRoot), stateKeyDigest(key), proof);
  const digest = proven.ok ? proven.value.valueDigest : undefined;
  const isSame =
    value === undefined ? digest === undefined : digest && bytesEqual(stateValueDigest(value), digest);
  if (!proven.ok || isSame !== true) throw corrupt(`the state entry ${key}`);
}

function fileEntryOf(entry: HistoryEntry, isReadable: boolean): HistoryFileEntry {
  const { height, transactionIndex, recordIndex, record } = entry;
  const place = { height, transactionIndex, recordIndex };
  return isReadable ? { ...place, record } : { ...place, digest: sha256(record) };
}
