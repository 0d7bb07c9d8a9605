/** Answers that are as of a recent height: which heights there are, in words, and how a proof file is sent. */
import type { FastifyReply } from 'fastify';
import type { ProofRefusal } from '../../node/use-cases.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import { ProblemException } from '../problems/problem-exception.js';

function atHeightProblem(
  code: 'HEIGHT_NOT_REACHED' | 'HEIGHT_NOT_KEPT' | 'HEIGHT_NOT_COUNTERSIGNED',
  detail: string,
): ProblemException {
  return new ProblemException(code, detail, [{ detail, parameter: 'atHeight' }]);
}

export function refusalToProblem(
  { refused, earliest, latest }: ProofRefusal,
  atHeight: Height | undefined,
): ProblemException {
  const asked = atHeight === undefined ? 'the newest countersigned height' : `height ${atHeight}`;
  const possible = latest < earliest ? 'of none yet' : `of heights ${earliest} to ${latest}`;
  switch (refused) {
    case 'heightNotReached':
      return atHeightProblem(
        'HEIGHT_NOT_REACHED',
        `${asked} lies above the newest height; the node can tell the state ${possible}`,
      );
    case 'heightNotKept':
      return atHeightProblem(
        'HEIGHT_NOT_KEPT',
        `the state of ${asked} is not kept any more; the node can tell it ${possible}`,
      );
    case 'notCountersigned':
      return atHeightProblem(
        'HEIGHT_NOT_COUNTERSIGNED',
        `${asked} cannot be proven yet; the node can prove the state ${possible}`,
      );
    case 'beyondEnd': {
      const detail = `the history as of height ${latest} ends before this page`;
      return new ProblemException('CURSOR_INVALID', detail, [{ detail, parameter: 'cursor' }]);
    }
  }
}

/** A file named after what it proves. It is not kept on the way: who may read the records in it may change. */
export function sendProof(
  reply: FastifyReply,
  name: string,
  { file, height }: { readonly file: Uint8Array; readonly height: Height },
): Buffer {
  void reply.type(JSON_MEDIA_TYPE);
  void reply.header('content-disposition', `attachment; filename="${name}-${height}.json"`);
  return Buffer.from(file.buffer, file.byteOffset, file.byteLength);
}
