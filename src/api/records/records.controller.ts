/** POST /v1/records: plain JSON of a caller who has proven who it is, signed by the node with that identity's key. */
import { Body, Controller, Inject, Query, Req, Res } from '@nestjs/common';
import canonicalize from 'canonicalize';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { invariant } from '../../protocol/primitives/invariant.js';
import { utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { isToken, type Command, type DocumentToRecord } from '../../protocol/ledger/transaction.js';
import { requireCaller, type Caller } from '../access/caller.js';
import { ApiDrain } from '../api-drain.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { ProblemException } from '../problems/problem-exception.js';
import { answerSubmission } from '../transactions/answer-submission.js';
import { readJson, requireBody } from '../transactions/read-raw-transactions.js';
import { requireSubmission } from '../transactions/submit-gate.js';
import type { SubmitQuery } from '../transactions/submit-operations.js';
import type { TransactionStatusBody } from '../transactions/transaction-schemas.js';
import { CREATE_RECORDS_OPERATION, recordsSchema } from './record-operations.js';

function readIdempotencyKey({ headers }: FastifyRequest): string {
  const key = headers['idempotency-key'];
  if (typeof key === 'string' && isToken(key)) return key;
  const detail = 'must be given once, 1 to 128 printable ASCII characters without space';
  throw new ProblemException('IDEMPOTENCY_KEY_INVALID', `Idempotency-Key ${detail}`, [
    { detail, header: 'Idempotency-Key' },
  ]);
}

function readCommand(body: unknown): Command {
  requireBody(body);
  const { documents } = readJson(recordsSchema, body);
  return {
    type: 'recordDocuments',
    documents: documents.map(({ kind, content, subjects }): DocumentToRecord => {
      const text = canonicalize(content ?? null);
      invariant(text !== undefined, 'a JSON value has a canonical form');
      return { kind, content: utf8ToBytes(text), subjectPointers: subjects };
    }),
  };
}

function requireCustody(request: FastifyRequest): Caller {
  const caller = requireCaller(request);
  if (caller.custody === 'node') return caller;
  throw new ProblemException(
    'CUSTODY_NOT_HELD',
    `${caller.identity} holds its own key (custody "self"); sign the transaction and post it to /v1/transactions`,
  );
}

@Controller()
export class RecordsController {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    private readonly drain: ApiDrain,
  ) {}

  @Operation(CREATE_RECORDS_OPERATION)
  async create(
    @Body() body: unknown,
    @Query() query: SubmitQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TransactionStatusBody | Uint8Array> {
    const { ports, drain } = this;
    requireSubmission(ports, drain);
    const { identity, publicKey } = requireCustody(request);
    const idempotencyKey = readIdempotencyKey(request);
    const raw = await ports.custody.sign(publicKey, idempotencyKey, readCommand(body));
    if (raw === undefined)
      throw new ProblemException(
        'CUSTODIAL_KEY_MISSING',
        `the keystore of ${ports.organisation} has no key ${publicKey} of ${identity}`,
      );
    const result = await ports.submission.submit(raw);
    return answerSubmission({ ports, drain, result, query, reply });
  }
}
