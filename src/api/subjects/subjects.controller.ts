/** GET /v1/subjects/{subject}/history. The subject is one path segment, decoded once: a %2F in it never splits it. */
import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HistoryEntry } from '../../node/ports.js';
import { stateKey } from '../../protocol/state/state-key.js';
import { requireCaller, type Caller } from '../access/caller.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import { Operation } from '../openapi/operation.js';
import { readAsOfHeight } from '../pages/as-of-height.js';
import { decodeCursor, encodeCursor, listName } from '../pages/cursor.js';
import { refusalToProblem, sendProof } from '../pages/proof-answers.js';
import { readStoredOutcome } from '../pages/stored-outcome.js';
import { timestampToText } from '../pages/value-schemas.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  SUBJECT_HISTORY_OPERATION,
  type SubjectEntryBody,
  type SubjectHistoryQuery,
} from './subject-operations.js';

/** That it is there, and nothing of it. */
function withheldToJson({ sequence, height, transactionIndex, recordIndex }: HistoryEntry): string {
  return JSON.stringify({ sequence, height, transactionIndex, recordIndex, withheld: true });
}

/** The record's text is put in as it is: parsing and printing it again could change its bytes. */
function entryToJson(entry: HistoryEntry): string {
  const fields: Omit<SubjectEntryBody, 'record'> = {
    sequence: entry.sequence,
    height: entry.height,
    transactionIndex: entry.transactionIndex,
    recordIndex: entry.recordIndex,
    transactionId: entry.transactionId,
    timestamp: timestampToText(entry.timestampMs),
    recordDigest: entry.recordDigest,
  };
  return `${JSON.stringify(fields).slice(0, -1)},"record":${Buffer.from(entry.record).toString('utf8')}}`;
}

@Controller()
export class SubjectsController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(SUBJECT_HISTORY_OPERATION)
  async history(
    @Param() { subject }: { readonly subject: string },
    @Query() query: SubjectHistoryQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    const caller = requireCaller(request);
    if (query.proof === 'true') return this.prove(subject, query, caller, reply);
    const { atHeight } = query;
    const list = listName(atHeight === undefined ? 's' : `s${atHeight}h`, subject);
    const from = query.cursor === undefined ? 0 : (decodeCursor(query.cursor, list, 1)[0] ?? 0);
    const asOfHeight = await readAsOfHeight(this.ports.reader, atHeight);
    const { total, entries } = await this.ports.reader.readHistory(
      stateKey('subject', subject),
      from,
      query.limit,
      asOfHeight,
    );
    const isReadable = await this.readable(caller, entries);
    const next = from + entries.length;
    const items = entries.map((entry) => (isReadable(entry) ? entryToJson(entry) : withheldToJson(entry)));
    const head = {
      subject,
      total,
      asOfHeight,
      ...(next < total ? { nextCursor: encodeCursor(list, [next]) } : {}),
    };
    void reply.type(JSON_MEDIA_TYPE);
    return `${JSON.stringify(head).slice(0, -1)},"items":[${items.join(',')}]}`;
  }

  /** Later pages are as of the height of the first: only so do they prove the whole history together. */
  private async prove(
    subject: string,
    { cursor, limit, atHeight: wanted }: SubjectHistoryQuery,
    caller: Caller,
    reply: FastifyReply,
  ): Promise<Buffer> {
    const list = listName('p', subject);
    const [from = 0, pinned] = cursor === undefined ? [] : decodeCursor(cursor, list, 2);
    if (pinned !== undefined && wanted !== undefined && wanted !== pinned) {
      const detail = `the cursor is of a list as of height ${pinned}, not ${wanted}`;
      throw new ProblemException('CURSOR_INVALID', detail, [{ detail, parameter: 'cursor' }]);
    }
    const atHeight = pinned ?? wanted;
    const page = await this.ports.proofs.subjectHistory({
      subject,
      from,
      limit,
      atHeight,
      readable: (entries) => this.readable(caller, entries),
    });
    if ('refused' in page) throw refusalToProblem(page, atHeight);
    if (page.next !== undefined) {
      const query = new URLSearchParams({
        proof: 'true',
        limit: String(limit),
        cursor: encodeCursor(list, [page.next, page.height]),
      });
      const path = `/v1/subjects/${encodeURIComponent(subject)}/history?${query.toString()}`;
      void reply.header('link', `<${path}>; rel="next"`);
    }
    return sendProof(reply, 'history', page);
  }

  private async readable(
    caller: Caller,
    entries: readonly HistoryEntry[],
  ): Promise<(entry: HistoryEntry) => boolean> {
    const outcomes = new Map(
      entries.map((entry) => [entry, readStoredOutcome(entry.transactionId, entry.outcome)]),
    );
    const isVisible = await this.ports.reading.visibility(caller, [...outcomes.values()]);
    return (entry) => {
      const outcome = outcomes.get(entry);
      return outcome !== undefined && isVisible(outcome);
    };
  }
}
