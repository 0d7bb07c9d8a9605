/** GET /v1/audit/…: what an auditor of the whole ledger takes away, or holds against another organisation's. */
import { Controller, Inject, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExportRefusal } from '../../node/use-cases.js';
import { bytesToBase64 } from '../../protocol/primitives/base64.js';
import { bytesToHex, hexToBytes } from '../../protocol/primitives/bytes.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { requireCaller } from '../access/caller.js';
import { ApiDrain } from '../api-drain.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  AUDIT_RESULT_OPERATION,
  BUNDLE_MEDIA_TYPE,
  EXPORT_BUNDLE_OPERATION,
  LIST_AUDIT_STATE_OPERATION,
  type AuditResultBody,
  type AuditStateBody,
  type ExportQuery,
  type StateQuery,
} from './audit-operations.js';
import { BundleStreams, EXPORTS_MAX } from './bundle-stream.js';

function refusalToProblem(refusal: ExportRefusal, { from, to }: ExportQuery): ProblemException {
  switch (refusal.refused) {
    case 'rangeInvalid':
      return new ProblemException('EXPORT_RANGE_INVALID', `blocks ${from} to ${to ?? 'the newest'} are none`);
    case 'notReached':
      return new ProblemException(
        'HEIGHT_NOT_REACHED',
        `the head of this node is ${refusal.headHeight}, below ${Math.max(from, to ?? 0)}`,
      );
    case 'notCountersigned':
      return new ProblemException(
        'EXPORT_NOT_COUNTERSIGNED',
        `the highest countersigned height is ${refusal.certifiedHeight}, and blocks ${from} to ${to ?? 'there'} are asked for`,
      );
  }
}

@Controller()
export class AuditController {
  private readonly streams: BundleStreams;

  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    private readonly drain: ApiDrain,
  ) {
    this.streams = new BundleStreams(drain);
  }

  @Operation(EXPORT_BUNDLE_OPERATION)
  async export(
    @Query() query: ExportQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    if (this.drain.isDraining) throw new ProblemException('NODE_DRAINING', 'this node is shutting down');
    await this.requireWholeLedger(request);
    const release = this.streams.reserve();
    if (release === undefined)
      throw new ProblemException('EXPORTS_BUSY', `${EXPORTS_MAX} bundles are being sent`);
    try {
      const opened = await this.ports.exports.open(query.from, query.to);
      if ('refused' in opened) throw refusalToProblem(opened, query);
      void reply.header('cache-control', 'no-store').type(BUNDLE_MEDIA_TYPE);
      const stream = this.streams.stream(opened.chunks, release);
      stream.once('error', (error) => {
        const { from, to } = opened;
        this.ports.log('warn', 'a bundle was not sent to its end', { from, to, err: error });
      });
      return new StreamableFile(stream);
    } catch (error) {
      release();
      throw error;
    }
  }

  @Operation(AUDIT_RESULT_OPERATION)
  async result(
    @Param() { height }: { readonly height: Height },
    @Req() request: FastifyRequest,
  ): Promise<AuditResultBody> {
    await this.requireWholeLedger(request);
    const found = await this.ports.reader.readResult(height);
    if (found === undefined) throw new ProblemException('BLOCK_NOT_FOUND', `no block of height ${height}`);
    const { header, resultRecord, logRoot } = found;
    return {
      height,
      ...(header === undefined ? {} : { header: bytesToBase64(header) }),
      resultRecord: bytesToBase64(resultRecord),
      logRoot,
    };
  }

  @Operation(LIST_AUDIT_STATE_OPERATION)
  async state(
    @Query() { after, limit }: StateQuery,
    @Req() request: FastifyRequest,
  ): Promise<AuditStateBody> {
    await this.requireWholeLedger(request);
    const start = after === undefined ? undefined : hexToBytes(after);
    const { asOfHeight, entries } = await this.ports.reader.listStateDigests(start, limit);
    const items = entries.map(({ keyDigest, key, valueDigest }) => ({
      keyDigest: bytesToHex(keyDigest),
      key,
      valueDigest: bytesToHex(valueDigest),
    }));
    return { asOfHeight, items };
  }

  /** READ-4. */
  private async requireWholeLedger(request: FastifyRequest): Promise<void> {
    const caller = requireCaller(request);
    const organisation = await this.ports.reading.withholding(caller);
    if (organisation === undefined) return;
    throw new ProblemException(
      'LEDGER_WITHHELD',
      `${organisation} does not let ${caller.identity} read its records, and this shows those of every organisation`,
    );
  }
}
