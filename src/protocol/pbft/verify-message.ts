/**
 * The only maker of a VerifiedMessage: form, membership, signer and every signature are checked against the set in
 * force (rules PBFT-VERIFY-*). Cheap checks come first; the replica's `wants` filters before any signature is checked.
 */
import { encodeVote } from '../encoding/vote-bytes.js';
import { checkpointText } from '../encoding/checkpoint-text.js';
import { primaryOf } from '../ledger/validator-set.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import type { ValidatorIndex } from '../primitives/identifiers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import {
  suspectContent,
  validatorsOf,
  verifyCheckpointSignatures,
  verifyQuorumCertificate,
  type MessageContext,
  type VerificationContext,
} from './certificate.js';
import { verifyEvidence } from './evidence.js';
import type {
  CheckpointVote,
  Decided,
  Echo,
  Message,
  PrePrepare,
  Suspect,
  VerifiedMessage,
  Vote,
} from './message.js';
import { isSignedChange, newViewProblem, viewChangeProblem } from './view-change/verify-view-change.js';

function verifyPrePrepare(
  message: PrePrepare,
  from: ValidatorIndex | undefined,
  context: MessageContext,
): string | undefined {
  const { header, hash } = message.block;
  const validators = validatorsOf(message.epoch, header.height, context);
  if (validators === undefined) return 'height of another epoch';
  const primary = primaryOf(validators.length, message.epoch, message.view);
  if (header.chainId !== context.chainId) return 'header of another chain';
  if (header.epoch !== message.epoch) return 'header of another epoch';
  if (header.originView > message.view) return 'header from a later view';
  if (from !== primary) return 'sender is not the primary of the view';
  const validator = validators[primary];
  const bytes = encodeVote({
    kind: 'propose',
    chainId: context.chainId,
    epoch: message.epoch,
    view: message.view,
    height: header.height,
    digest: hash,
  });
  if (validator === undefined || !context.verifier.verify(validator.ledgerKey, bytes, message.signature)) {
    return 'bad PROPOSE signature';
  }
  return context.isBodyBound(message.block) ? undefined : 'body does not match the header';
}

function verifyVote(message: Vote, context: VerificationContext): string | undefined {
  const validator = validatorsOf(message.epoch, message.height, context)?.[message.signer];
  if (validator === undefined) return 'unknown signer';
  const bytes = encodeVote({
    kind: message.kind,
    chainId: context.chainId,
    epoch: message.epoch,
    view: message.view,
    height: message.height,
    digest: message.blockHash,
  });
  return context.verifier.verify(validator.ledgerKey, bytes, message.signature)
    ? undefined
    : 'bad vote signature';
}

function verifyCheckpointVote(message: CheckpointVote, context: VerificationContext): string | undefined {
  const validator = validatorsOf(message.epoch, message.height, context)?.[message.signer];
  if (validator === undefined) return 'unknown signer';
  const bytes = utf8ToBytes(checkpointText(context.origin, message.height, message.root));
  return context.verifier.verify(validator.ledgerKey, bytes, message.signature)
    ? undefined
    : 'bad checkpoint signature';
}

function verifySuspect(message: Suspect, context: VerificationContext): string | undefined {
  const { epoch, view, signer, signature } = message;
  const validator = context.validatorsIn(epoch)?.[signer];
  if (validator === undefined) return 'unknown signer';
  const bytes = encodeVote(suspectContent(context.chainId, epoch, view));
  return context.verifier.verify(validator.ledgerKey, bytes, signature) ? undefined : 'bad SUSPECT signature';
}

/** What is echoed need not be useful, but it must have been said: one of each kind at most. */
function verifyEcho({ epoch, votes, change }: Echo, context: VerificationContext): string | undefined {
  if ([...votes, ...(change ? [change] : [])].some((said) => said.epoch !== epoch))
    return 'words of another epoch';
  if (new Set(votes.map(({ kind }) => kind)).size !== votes.length) return 'two votes of one kind';
  for (const vote of votes) {
    const problem = verifyVote(vote, context);
    if (problem !== undefined) return problem;
  }
  return change === undefined || isSignedChange(change, context) ? undefined : 'bad VIEWCHANGE signature';
}

function verifyDecided(message: Decided, context: VerificationContext): string | undefined {
  const { header, blockHash, certificate } = message;
  if (header.chainId !== context.chainId) return 'header of another chain';
  if (certificate.kind !== 'commit') return 'not a commit certificate';
  if (
    certificate.height !== header.height ||
    certificate.blockHash !== blockHash ||
    certificate.epoch !== header.epoch
  ) {
    return 'certificate of another block';
  }
  return verifyQuorumCertificate(certificate, context) ? undefined : 'bad commit certificate';
}

function findProblem(
  message: Message,
  from: ValidatorIndex | undefined,
  context: MessageContext,
): string | undefined {
  switch (message.type) {
    case 'prePrepare':
      return verifyPrePrepare(message, from, context);
    case 'vote':
      return verifyVote(message, context);
    case 'checkpointVote':
      return verifyCheckpointVote(message, context);
    case 'checkpointCertified':
      return verifyCheckpointSignatures(message.certificate, message.epoch, context)
        ? undefined
        : 'bad checkpoint certificate';
    case 'decided':
      return verifyDecided(message, context);
    case 'suspect':
      return verifySuspect(message, context);
    case 'viewChange':
      return viewChangeProblem(message, context);
    case 'newView':
      return newViewProblem(message, context);
    case 'echo':
      return verifyEcho(message, context);
    case 'evidence':
      return verifyEvidence(message.evidence, context) ? undefined : 'proves nothing';
    case 'status':
    case 'fetchBlock':
      return undefined;
    case 'blockReply':
      return context.isBodyBound(message.block) ? undefined : 'body does not match the header';
  }
}

/**
 * Checks a message. `from` is its sender's place in the epoch that it speaks of, `undefined` for who has none. Rejections:
 * CERTIFICATE_INVALID with the reason.
 */
export function verifyMessage(
  message: Message,
  from: ValidatorIndex | undefined,
  context: MessageContext,
): Result<VerifiedMessage> {
  const problem = findProblem(message, from, context);
  if (problem !== undefined) return reject('CERTIFICATE_INVALID', `${message.type}: ${problem}`);
  return accept(message as VerifiedMessage);
}
