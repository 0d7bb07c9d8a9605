/** One life of a recorded validator, in which many a message comes twice: first made wrong, then as it was. */
import type { PeerMessage } from '../../src/node/ports.js';
import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import { decodeJournalRecord, encodeJournalRecord } from '../../src/journal/journal-record-bytes.js';
import { decodeFrame } from '../../src/network/flow/frame.js';
import { decodeMessage } from '../../src/network/message-mapping/decode-message.js';
import { encodeHello, encodeMessage } from '../../src/network/message-mapping/encode-message.js';
import type { IncomingMessage } from '../../src/network/message-mapping/decode-message.js';
import type { JournalRecord } from '../../src/protocol/pbft/effect.js';
import type { Message } from '../../src/protocol/pbft/message.js';
import { verifyMessage } from '../../src/protocol/pbft/verify-message.js';
import type { ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';
import { Randomness, type RandomSequence } from '../simulation/randomness.js';
import { samplePeerMessages } from '../support/peer-message-samples.js';
import { BYTE_MUTATIONS, mutateBytes } from './byte-mutations.js';
import { VALIDATORS } from './consortium.js';
import { Finding, LiveReplica } from './live-replica.js';
import { MessageMutations, type Heard, type Mutated } from './message-mutations.js';
import { countOutcome, noOutcomes, type Outcome, type OutcomeCounts } from './outcomes.js';
import type { Recording } from './recording.js';

/** Cases of a round, about: every type of message gets the same share of them. */
export const ROUND_CASES = 10_000;
const FUZZ_STREAM = 1_000;
/** Of so many refusals one is looked at closely: what the replica knows is compared to the byte. */
const LOOKED_AT_CLOSELY = 32;
/** Cases for each message that the recording does not contain: an answer to what this life has asked for. */
const CASES_PER_REPLY = 12;
const CASES_PER_RECORD = 3;
const CASES_PER_TICK = 1;
/** Every third round on a recording everybody's key signs: then more than f are faulty, and what is final must still not change. */
const ROUNDS_PER_CYCLE = 3;

export const JOURNAL_TYPES: readonly JournalRecord['type'][] = [
  'prepared',
  'locked',
  'committed',
  'checkpointSigned',
  'viewLeft',
  'viewEntered',
];

const OTHER_TYPES: ReadonlySet<string> = new Set<PeerMessage['type']>([
  'syncRequest',
  'syncResponse',
  'transactionBatch',
  'receiptSignatureRequest',
  'receiptSignatureResponse',
]);

/** What else comes from a peer; no matter of the replica. */
const otherMessages: readonly (readonly [string, Uint8Array])[] = [
  [
    'hello',
    encodeHello({
      protocolVersion: 3,
      chainId: new Uint8Array(32),
      organisation: 'acme',
      softwareVersion: '1',
    }),
  ],
  ...samplePeerMessages(VALIDATORS)
    .filter(({ type }) => OTHER_TYPES.has(type))
    .map((message) => [message.type, encodeMessage(message)] as const),
];

export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';

  constructor(
    readonly round: number,
    readonly caseNumber: number,
    readonly what: string,
    cause: unknown,
  ) {
    super(`round ${round}, case ${caseNumber}: ${what}`, { cause });
  }
}

/** Types in which every field is covered by a signature. A part of an echo is an echo too, and a body is named by its hash. */
const FULLY_SIGNED: ReadonlySet<string> = new Set<Message['type']>([
  'prePrepare',
  'vote',
  'checkpointVote',
  'checkpointCertified',
  'suspect',
  'viewChange',
  'newView',
  'evidence',
]);

const textOf = (message: Message): string => Buffer.from(encodeMessage(message)).toString('base64');

function messagesOf({ events }: Recording): readonly Message[] {
  return events.flatMap((event) =>
    event.type === 'input' && event.input.type === 'message' ? [event.input.message] : [],
  );
}

interface Reached {
  readonly outcome: Outcome;
  readonly reason?: string | undefined;
}

function isConsensusMessage(message: IncomingMessage): message is Message {
  return message.type !== 'hello' && !OTHER_TYPES.has(message.type);
}

class FuzzRound {
  readonly counts: OutcomeCounts = noOutcomes();
  private readonly random: RandomSequence;
  private readonly live: LiveReplica;
  private readonly mutations: MessageMutations;
  private readonly sharePerMessage: ReadonlyMap<string, number>;
  /** What the recorded validators have really said, in its one encoding. */
  private readonly said: ReadonlySet<string>;
  /** The present case may be a message that somebody has really signed. */
  private mayBeTrue = false;
  private recordsSeen = 0;
  /** The present case, for who reads about its failure. */
  private present = 'the start';

  constructor(
    private readonly recording: Recording,
    private readonly isOneFaulty: boolean,
    seed: number,
    private readonly round: number,
  ) {
    this.random = new Randomness(seed).sequence(FUZZ_STREAM, round);
    this.live = new LiveReplica(recording, isOneFaulty);
    this.mutations = new MessageMutations(recording, isOneFaulty, this.random);
    this.sharePerMessage = this.shares();
    this.said = new Set(messagesOf(recording).map(textOf));
  }

  run(): OutcomeCounts {
    try {
      for (const event of this.recording.events) {
        if (event.type === 'boot') this.live.boot(true);
        else if (event.type === 'input') this.liveThrough(event.input);
        this.fuzzReplies();
        this.fuzzRecords();
      }
      this.counts.heights = this.live.height;
      const { chain } = this.recording;
      this.present = `the end, at height ${this.live.height} of ${chain.size}`;
      if (this.isOneFaulty && this.live.height <= chain.size / 2)
        throw new Finding('it was kept from committing what the others agree on');
      this.counts.ends = this.live.ends;
      return this.counts;
    } catch (error) {
      throw new FuzzFailure(this.round, this.counts.cases, this.present, error);
    }
  }

  private liveThrough(input: Extract<Recording['events'][number], { type: 'input' }>['input']): void {
    if (input.type === 'message') this.fuzzMessage(input, this.sharePerMessage.get(input.message.type)!);
    else if (input.type === 'tick') this.fuzzOthers();
    this.present = `after ${this.present}: the recorded ${input.type}`;
    this.live.liveThrough(input);
    this.live.replaceWhenEnded();
  }

  /** As many cases for the messages of every type. */
  private shares(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { type } of messagesOf(this.recording)) counts.set(type, (counts.get(type) ?? 0) + 1);
    return new Map([...counts].map(([type, count]) => [type, ROUND_CASES / counts.size / count]));
  }

  private fuzzMessage(heard: Heard, share: number): void {
    const count = Math.floor(share) + (this.random.chance(share % 1) ? 1 : 0);
    for (let each = 0; each < count; each++) {
      const mutated = this.mutations.mutate(heard);
      if (mutated !== undefined) this.tryMessage(heard.message.type, mutated);
    }
  }

  private fuzzReplies(): void {
    for (const reply of this.live.replies.splice(0)) {
      this.fuzzMessage(reply, CASES_PER_REPLY);
      this.present = 'an answer that it had asked for';
      this.mayBeTrue = true;
      this.deliver(encodeMessage(reply.message), reply.from);
    }
  }

  private tryMessage(type: string, { mutation, from, frame, mayBeTrue }: Mutated): void {
    this.mayBeTrue = mayBeTrue;
    this.present = `${type}, ${mutation}, from ${from}: ${Buffer.from(frame).toString('base64')}`;
    const isClose = this.random.integer(LOOKED_AT_CLOSELY) === 0;
    const before = isClose ? serialize(this.live.state) : undefined;
    const reached = this.deliverFrame(frame, from);
    countOutcome(this.counts, type, mutation, reached.outcome, reached.reason);
    if (reached.outcome === 'taken') this.live.replaceWhenEnded();
    else if (before?.equals(serialize(this.live.state)) === false)
      throw new Finding('what was refused has left a trace');
  }

  private deliverFrame(frame: Uint8Array, from: ValidatorIndex): Reached {
    const messages = decodeFrame(frame);
    if (!messages.ok) return { outcome: 'malformed' };
    let reached: Reached = { outcome: 'malformed' };
    let isTaken = false;
    for (const bytes of messages.value) {
      reached = this.deliver(bytes, from);
      isTaken ||= reached.outcome === 'taken';
      // A stream ends with the first message that no correct peer sends.
      if (reached.outcome === 'malformed' || reached.outcome === 'refused') break;
    }
    return isTaken ? { outcome: 'taken' } : reached;
  }

  /** The way of a message into a node. */
  private deliver(bytes: Uint8Array, from: ValidatorIndex): Reached {
    const { context, limits } = this.recording.consortium;
    const decoded = decodeMessage(bytes, limits);
    if (!decoded.ok) {
      if (decoded.rejection.code !== 'MESSAGE_MALFORMED')
        throw new Finding(`refused as ${decoded.rejection.code}`);
      return { outcome: 'malformed' };
    }
    const message = decoded.value;
    if (!isConsensusMessage(message)) return { outcome: 'decoded' };
    if (!this.live.replica.wants(from, message)) return { outcome: 'unwanted' };
    const verified = verifyMessage(message, from, context);
    if (!verified.ok) return { outcome: 'refused', reason: verified.rejection.message };
    if (!this.mayBeTrue && FULLY_SIGNED.has(message.type) && !this.said.has(textOf(message)))
      throw new Finding('it is taken, and nobody has signed it');
    this.live.step({ type: 'message', from, message: verified.value, arrivedAtMs: this.live.state.wallMs });
    return { outcome: 'taken' };
  }

  private fuzzOthers(): void {
    const { random } = this;
    for (let each = 0; each < CASES_PER_TICK; each++) {
      const [type, original] = random.pick(otherMessages);
      const mutation = random.pick(BYTE_MUTATIONS);
      const bytes = mutateBytes(original, mutation, random.pick(otherMessages)[1], random);
      this.present = `${type}, ${mutation}: ${Buffer.from(bytes).toString('base64')}`;
      this.mayBeTrue = false;
      const { outcome, reason } = this.deliver(bytes, random.integer(VALIDATORS));
      countOutcome(this.counts, type, `bytes ${mutation}`, outcome, reason);
    }
  }

  /** What it has written down since, read with other bytes. */
  private fuzzRecords(): void {
    const { random } = this;
    const { records, appended } = this.live.disk;
    const fresh = records.slice(Math.max(0, records.length - (appended - this.recordsSeen)));
    this.recordsSeen = appended;
    for (const record of fresh) {
      const bytes = encodeJournalRecord(record);
      if (!isDeepStrictEqual(decodeJournalRecord(bytes), record))
        throw new Finding(`a record ${record.type} is read as another`);
      for (let each = 0; each < CASES_PER_RECORD; each++) {
        const mutation = random.pick(BYTE_MUTATIONS);
        const mutated = mutateBytes(bytes, mutation, encodeJournalRecord(random.pick(records)), random);
        this.present = `record ${record.type}, ${mutation}: ${Buffer.from(mutated).toString('base64')}`;
        const decoded = decodeJournalRecord(mutated);
        if (
          decoded !== undefined &&
          !isDeepStrictEqual(decodeJournalRecord(encodeJournalRecord(decoded)), decoded)
        )
          throw new Finding('a record that was read is not the one that it writes');
        countOutcome(
          this.counts,
          `record ${record.type}`,
          `bytes ${mutation}`,
          decoded === undefined ? 'malformed' : 'decoded',
          undefined,
        );
      }
    }
  }
}

/** True for the rounds in which one validator lies, as far as its own key goes. */
function isOneFaulty(round: number): boolean {
  return round % ROUNDS_PER_CYCLE !== ROUNDS_PER_CYCLE - 1;
}

/** A function of its arguments. Throws FuzzFailure. */
export function runRound(recordings: readonly Recording[], seed: number, round: number): OutcomeCounts {
  const recording = recordings[Math.floor(round / ROUNDS_PER_CYCLE) % recordings.length];
  if (recording === undefined) throw new RangeError('nothing was recorded');
  return new FuzzRound(recording, isOneFaulty(round), seed, round).run();
}
