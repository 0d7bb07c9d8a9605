/** GET /v1/records and GET /v1/subjects/{subject}/trace: questions to the search index, which says what height it has come to. */
import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { requireCaller } from '../access/caller.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import { Operation } from '../openapi/operation.js';
import { decodeCursor, encodeCursor, listName } from '../pages/cursor.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  SEARCH_OPERATION,
  TRACE_OPERATION,
  type SearchRecordsQuery,
  type TraceSubjectQuery,
} from './search-operations.js';
import type { TraceBody } from './search-schemas.js';
import { itemToJson, traceToBody } from './search-views.js';

/** Numbers of a position: height, transaction and record, with the event time before them where it orders. */
const POSITION_NUMBERS = { recorded: 3, eventTime: 4 } as const;

@Controller()
export class SearchController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(SEARCH_OPERATION)
  async search(
    @Query() query: SearchRecordsQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { cursor, limit, minHeight, order, orderBy, organisation, ...asked } = query;
    const { eventTimeFrom, eventTimeTo, recordedFrom, recordedTo, ...texts } = asked;
    const list = listName(
      'r',
      JSON.stringify(Object.entries({ ...asked, order, orderBy, organisation }).sort()),
    );
    const after = cursor === undefined ? undefined : decodeCursor(cursor, list, POSITION_NUMBERS[orderBy]);
    const asOfHeight = await this.readIndexedHeight(minHeight);
    const { items, next } = await this.ports.records.search(requireCaller(request), {
      filter: {
        ...texts,
        ...(eventTimeFrom === undefined ? {} : { eventTimeFromMs: eventTimeFrom }),
        ...(eventTimeTo === undefined ? {} : { eventTimeToMs: eventTimeTo }),
        ...(recordedFrom === undefined ? {} : { recordedFromMs: recordedFrom }),
        ...(recordedTo === undefined ? {} : { recordedToMs: recordedTo }),
      },
      organisation,
      asOfHeight,
      orderBy,
      newestFirst: order === 'newest',
      after,
      limit,
    });
    const head = { asOfHeight, ...(next === undefined ? {} : { nextCursor: encodeCursor(list, next) }) };
    void reply.type(JSON_MEDIA_TYPE);
    return `${JSON.stringify(head).slice(0, -1)},"items":[${items.map(itemToJson).join(',')}]}`;
  }

  @Operation(TRACE_OPERATION)
  async trace(
    @Param() { subject }: { readonly subject: string },
    @Query() { direction, depth, limit, minHeight }: TraceSubjectQuery,
    @Req() request: FastifyRequest,
  ): Promise<TraceBody> {
    const asOfHeight = await this.readIndexedHeight(minHeight);
    const query = { subject, direction, depth, limit, asOfHeight };
    return traceToBody(query, await this.ports.records.trace(requireCaller(request), query));
  }

  /** Throws INDEX_BEHIND. */
  private async readIndexedHeight(minHeight: Height | undefined): Promise<Height> {
    const indexed = await this.ports.records.indexedHeight();
    if (minHeight === undefined || minHeight <= indexed) return indexed;
    const detail = `the index has come to height ${indexed}, not yet to ${minHeight}`;
    throw new ProblemException('INDEX_BEHIND', detail, [{ detail, parameter: 'minHeight' }]);
  }
}
