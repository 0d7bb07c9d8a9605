/** GET /v1/subjects/{subject}/history. The subject is one path segment, decoded once: a %2F in it never splits it. */
import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HistoryEntry } from '../../node/ports.js';
import { stateKey } from '../../protocol/state/state-key.js';
import { requireCaller } from '../access/caller.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import { Operation } from '../openapi/operation.js';
import { decodeCursor, encodeCursor, listName } from '../pages/cursor.js';
import { readStoredOutcome } from '../pages/stored-outcome.js';
import { timestampToText } from '../pages/value-schemas.js';
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
  ): Promise<string> {
    const list = listName('s', subject);
    const from = query.cursor === undefined ? 0 : (decodeCursor(query.cursor, list, 1)[0] ?? 0);
    const asOfHeight = await this.ports.reader.headHeight();
    const { total, entries } = await this.ports.reader.readHistory(
      stateKey('subject', subject),
      from,
      query.limit,
    );
    const reached = entries
      .filter(({ height }) => height <= asOfHeight)
      .map((entry) => ({ entry, outcome: readStoredOutcome(entry.transactionId, entry.outcome) }));
    const outcomes = reached.map(({ outcome }) => outcome);
    const isVisible = await this.ports.reading.visibility(requireCaller(request), outcomes);
    const next = from + reached.length;
    const isLast = next >= total || reached.length < entries.length;
    const items = reached.map(({ entry, outcome }) =>
      isVisible(outcome) ? entryToJson(entry) : withheldToJson(entry),
    );
    const head = {
      subject,
      total,
      asOfHeight,
      ...(isLast ? {} : { nextCursor: encodeCursor(list, [next]) }),
    };
    void reply.type(JSON_MEDIA_TYPE);
    return `${JSON.stringify(head).slice(0, -1)},"items":[${items.join(',')}]}`;
  }
}
