/** Messages of a recording made wrong: in their bytes, in their fields, and under true signatures, so that what lies behind them is reached. */
import { decodeMessage } from '../../src/network/message-mapping/decode-message.js';
import { encodeMessage } from '../../src/network/message-mapping/encode-message.js';
import { encodeFrame } from '../../src/network/flow/frame.js';
import type { PeerMessage } from '../../src/node/ports.js';
import { hashHeader } from '../../src/protocol/ledger/block-header.js';
import type { Message } from '../../src/protocol/pbft/message.js';
import type { HashedHeader, PreparedTip, ViewChange } from '../../src/protocol/pbft/view-change.js';
import type { BlockHash, ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';
import type { RandomSequence } from '../simulation/randomness.js';
import { randomMutation, type OptionalFields } from '../support/pbft/field-mutations.js';
import { BYTE_MUTATIONS, mutateBytes } from './byte-mutations.js';
import { signAs, signatureWriter, VALIDATORS } from './consortium.js';
import type { Recording } from './recording.js';
import type { SignatureWriter } from './signatures.js';

export interface Heard {
  readonly from: ValidatorIndex;
  readonly message: Message;
}

export interface Mutated {
  /** How it was made. */
  readonly mutation: string;
  readonly from: ValidatorIndex;
  /** A frame, as it comes off a stream. */
  readonly frame: Uint8Array;
  /** True where keys were used again, or parts of two messages put together: it may be a true one. */
  readonly mayBeTrue: boolean;
}

const NEAR = 12;
/** The share of messages that come on another stream than that of who said them. */
const OTHER_STREAM = 0.1;

/** A tip whose headers stand on each other again, and whose certificate is one of the last of them. */
function relinked(tip: PreparedTip, base: BlockHash): PreparedTip {
  const headers: HashedHeader[] = [];
  for (const { header } of tip.headers) {
    const linked = { ...header, parentHash: headers.at(-1)?.hash ?? base };
    headers.push({ header: linked, hash: hashHeader(linked) });
  }
  const last = headers.at(-1);
  if (last === undefined) return tip;
  const { hash: blockHash } = last;
  return { ...tip, blockHash, headers, certificate: { ...tip.certificate, blockHash } };
}

function mendedChange(change: ViewChange): ViewChange {
  const { base } = change;
  const certificate = base.certificate && {
    ...base.certificate,
    height: base.height,
    blockHash: base.blockHash,
  };
  return {
    ...change,
    base: { ...base, certificate },
    tips: change.tips.map((tip) => relinked(tip, base.blockHash)),
  };
}

/** What one part of it says of another follows when that was changed: only a quorum of liars could sign it. */
function mended(message: Message): Message {
  switch (message.type) {
    case 'decided': {
      const { header, blockHash, certificate } = message;
      const { height, epoch } = header;
      return { ...message, certificate: { ...certificate, height, epoch, blockHash } };
    }
    case 'viewChange': {
      const change = mendedChange(message.change);
      const timeout = { ...message.timeout, epoch: change.epoch, view: Math.max(0, change.view - 1) };
      return { ...message, timeout, change };
    }
    case 'newView': {
      const { epoch, view } = message;
      return {
        ...message,
        changes: message.changes.map((change) => ({ ...mendedChange(change), epoch, view })),
      };
    }
    default:
      return message;
  }
}

/** The same, as said by another validator. */
function saidBy(message: Message, speaker: ValidatorIndex): Message {
  switch (message.type) {
    case 'vote':
    case 'suspect':
    case 'checkpointVote':
      return { ...message, signer: speaker };
    case 'viewChange':
      return { ...message, change: { ...message.change, signer: speaker } };
    case 'prePrepare': {
      const { view, block } = message;
      const turn = view + ((speaker - (view % VALIDATORS) + VALIDATORS) % VALIDATORS);
      const header = { ...block.header, originView: turn, proposer: speaker };
      return { ...message, view: turn, block: { ...block, header, hash: hashHeader(header) } };
    }
    default:
      return message;
  }
}

export class MessageMutations {
  private readonly byType = new Map<string, Heard[]>();
  private readonly optional: OptionalFields;
  private readonly writer: SignatureWriter;

  /** With `isOneFaulty` the key of the one faulty validator signs, otherwise every validator's key signs what bears its name. */
  constructor(
    private readonly recording: Recording,
    private readonly isOneFaulty: boolean,
    private readonly random: RandomSequence,
  ) {
    for (const event of recording.events) {
      if (event.type !== 'input' || event.input.type !== 'message') continue;
      const { from, message } = event.input;
      this.byType.set(message.type, [...(this.byType.get(message.type) ?? []), { from, message }]);
    }
    this.optional = this.optionalFields();
    const { faulty, consortium } = recording;
    this.writer = signatureWriter(consortium, (signer, bytes, old) =>
      signer < VALIDATORS && (!isOneFaulty || signer === faulty) ? signAs(signer, bytes) : old,
    );
  }

  /** One mutation of `heard`; `undefined` where what was chosen cannot be written or changes nothing. */
  mutate(heard: Heard): Mutated | undefined {
    const { random } = this;
    const made = random.chance(0.35) ? this.inBytes(heard) : this.inFields(heard);
    if (made === undefined) return undefined;
    const from = random.chance(OTHER_STREAM) ? random.integer(VALIDATORS + 2) : made.from;
    return { ...made, from };
  }

  private inBytes({ from, message }: Heard): Mutated {
    const { random } = this;
    const mutation = random.pick(BYTE_MUTATIONS);
    const bytes = encodeMessage(message);
    const other = encodeMessage(this.nearby(random.chance(0.5) ? message.type : this.anyType(), message));
    if (random.chance(0.2)) {
      const frame = mutateBytes(encodeFrame([bytes, other]), mutation, encodeFrame([other]), random);
      return { mutation: 'frame', from, frame, mayBeTrue: false };
    }
    return {
      mutation: `bytes ${mutation}`,
      from,
      frame: encodeFrame([mutateBytes(bytes, mutation, other, random)]),
      mayBeTrue: false,
    };
  }

  private inFields({ from, message }: Heard): Mutated | undefined {
    const { random } = this;
    const isExchanged = random.chance(0.25);
    const changed = isExchanged ? this.exchanged(message) : this.withOtherField(message);
    const bytes = changed === undefined ? undefined : this.written(changed);
    if (bytes === undefined) return undefined;
    const mutation = isExchanged ? 'exchange' : 'field';
    const isSigned = random.chance(0.6);
    if (!isSigned) return { mutation, from, frame: encodeFrame([bytes]), mayBeTrue: isExchanged };
    const signed = this.signed(bytes);
    return (
      signed && {
        ...signed,
        mayBeTrue: true,
        mutation: `${mutation}, ${this.isOneFaulty ? 'signed' : 'all signed'}`,
      }
    );
  }

  private withOtherField(message: Message): unknown {
    return randomMutation(message, this.optional, (items) => this.random.pick(items))?.message;
  }

  /** One member of it is that of another message of its type. */
  private exchanged(message: Message): unknown {
    const other = this.nearby(message.type, message);
    const key = this.random.pick(Object.keys(message));
    return { ...message, [key]: (other as unknown as Readonly<Record<string, unknown>>)[key] };
  }

  /** Signed as far as the keys go, the faulty validator's name under it where there is one. */
  private signed(bytes: Uint8Array): Pick<Mutated, 'from' | 'frame'> | undefined {
    const { recording, random } = this;
    const decoded = decodeMessage(bytes, recording.consortium.limits);
    if (!decoded.ok || !this.isConsensus(decoded.value.type))
      return { from: recording.faulty, frame: encodeFrame([bytes]) };
    const speaker = this.isOneFaulty ? recording.faulty : random.integer(VALIDATORS);
    const said = random.chance(0.8) ? saidBy(decoded.value as Message, speaker) : (decoded.value as Message);
    const isMended = !this.isOneFaulty && random.chance(0.8);
    try {
      const written = this.written(this.writer.write(isMended ? mended(said) : said));
      return written && { from: speaker, frame: encodeFrame([written]) };
    } catch (error) {
      // A number beyond those that are ever signed.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private written(message: unknown): Uint8Array | undefined {
    try {
      return encodeMessage(message as PeerMessage);
    } catch {
      // What has no place in its field cannot be said.
      return undefined;
    }
  }

  private isConsensus(type: string): boolean {
    return this.byType.has(type);
  }

  private anyType(): string {
    return this.random.pick([...this.byType.keys()]);
  }

  /** One of that type, of about the same time where it is the same type. */
  private nearby(type: string, message: Message): Message {
    const all = this.byType.get(type)!;
    const at = all.findIndex((each) => each.message === message);
    if (at < 0) return this.random.pick(all).message;
    const first = Math.max(0, at - NEAR);
    return this.random.pick(all.slice(first, at + NEAR + 1)).message;
  }

  private optionalFields(): OptionalFields {
    const [any] = this.recording.chain.values();
    const change = this.byType
      .get('viewChange')
      ?.find(({ message }) => message.type === 'viewChange')?.message;
    return {
      certificate: any!.certificate,
      baseCertificate: any!.certificate,
      change: change?.type === 'viewChange' ? change.change : undefined,
    };
  }
}
