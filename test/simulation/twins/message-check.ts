/** verifyMessage of the protocol, asked once for each message object and sender: the object is the same at all receivers. */
import type { MessageContext, VerificationContext } from '../../../src/protocol/pbft/certificate.js';
import type { Message, VerifiedMessage } from '../../../src/protocol/pbft/message.js';
import { verifyMessage } from '../../../src/protocol/pbft/verify-message.js';
import type { ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
import { isBodyBound } from './block-body.js';

const verdicts = new WeakMap<
  Message,
  { readonly seat: ValidatorIndex | undefined; readonly message: VerifiedMessage | undefined }
>();

export class MessageCheck {
  private readonly context: MessageContext;

  constructor(context: VerificationContext) {
    this.context = { ...context, isBodyBound };
  }

  /** The verified message, or `undefined` when it must be refused; `seat` is its sender's in the epoch that it speaks of. */
  verify(message: Message, seat: ValidatorIndex | undefined): VerifiedMessage | undefined {
    const known = verdicts.get(message);
    if (known !== undefined && known.seat === seat) return known.message;
    const result = verifyMessage(message, seat, this.context);
    const verified = result.ok ? result.value : undefined;
    verdicts.set(message, { seat, message: verified });
    return verified;
  }
}
