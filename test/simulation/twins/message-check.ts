/** verifyMessage of the protocol, asked once for each message object and sender: the object is the same at all receivers. */
import type { SignatureVerifier } from '../../../src/protocol/crypto/signature-verifier.js';
import type { Genesis } from '../../../src/protocol/ledger/genesis.js';
import type { MessageContext } from '../../../src/protocol/pbft/certificate.js';
import type { Message, VerifiedMessage } from '../../../src/protocol/pbft/message.js';
import { createVerificationContext } from '../../../src/node/verification-context.js';
import { verifyMessage } from '../../../src/protocol/pbft/verify-message.js';
import type { ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
import { isBodyBound } from './block-body.js';
import { EpochHistory } from '../../../src/node/epochs/epoch-history.js';

const verdicts = new WeakMap<
  Message,
  { readonly from: ValidatorIndex; readonly message: VerifiedMessage | undefined }
>();

export class MessageCheck {
  private readonly context: MessageContext;

  constructor(genesis: Genesis, verifier: SignatureVerifier) {
    this.context = {
      ...createVerificationContext(genesis, new EpochHistory(genesis), verifier),
      isBodyBound,
    };
  }

  /** The verified message, or `undefined` when it must be refused. */
  verify(message: Message, from: ValidatorIndex): VerifiedMessage | undefined {
    const known = verdicts.get(message);
    if (known?.from === from) return known.message;
    const result = verifyMessage(message, from, this.context);
    const verified = result.ok ? result.value : undefined;
    verdicts.set(message, { from, message: verified });
    return verified;
  }
}
