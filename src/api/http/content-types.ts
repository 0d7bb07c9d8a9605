/** The two media types that bodies of requests may have. JSON is parsed strictly: what two readers could read differently is refused. */
import type { FastifyInstance } from 'fastify';
import { parseStrictJson } from '../../protocol/ledger/json/parse-strict-json.js';
import { requireDigest } from '../access/content-digest.js';
import { ProblemException, rejectionToProblem } from '../problems/problem-exception.js';
import { jsonValueToPlain } from './json-value-to-plain.js';

export const PROTOBUF_MEDIA_TYPE = 'application/x-protobuf';
export const JSON_MEDIA_TYPE = 'application/json';
export const CBOR_MEDIA_TYPE = 'application/cbor';

function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) throw new ProblemException('BODY_MISSING', 'the body is empty');
  const parsed = parseStrictJson(body);
  if (!parsed.ok) throw rejectionToProblem(parsed.rejection);
  return jsonValueToPlain(parsed.value);
}

export function registerContentTypes(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(PROTOBUF_MEDIA_TYPE, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  instance.addContentTypeParser(JSON_MEDIA_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    try {
      requireDigest(request, body as Buffer);
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
}
