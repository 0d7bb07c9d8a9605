/** GET /v1/blocks…: the chain, forwards or backwards, and one block. */
import { Controller, Inject, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { BlockSummary } from '../../node/ports.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { IMMUTABLE, REVALIDATE } from '../http/response-headers.js';
import { Operation } from '../openapi/operation.js';
import { readAsOfHeight } from '../pages/as-of-height.js';
import { decodeCursor, encodeCursor, listName } from '../pages/cursor.js';
import { ProblemException } from '../problems/problem-exception.js';
import { GET_BLOCK_OPERATION, LIST_BLOCKS_OPERATION, type ListBlocksQuery } from './block-operations.js';
import type { BlockBodyView, BlockPageBody } from './block-schemas.js';
import { blockToBody } from './block-view.js';

@Controller()
export class BlocksController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(LIST_BLOCKS_OPERATION)
  async list(@Query() query: ListBlocksQuery): Promise<BlockPageBody> {
    const list = listName('b', query.order);
    const position = query.cursor === undefined ? undefined : decodeCursor(query.cursor, list, 1)[0];
    const asOfHeight = await readAsOfHeight(this.ports.reader, query.atHeight);
    const blocks = await this.read(query, position, asOfHeight);
    const items = blocks.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items: items.map(blockToBody),
      asOfHeight,
      ...(last === undefined || blocks.length <= query.limit
        ? {}
        : { nextCursor: encodeCursor(list, [last.height]) }),
    };
  }

  @Operation(GET_BLOCK_OPERATION)
  async get(
    @Param() { height }: { readonly height: Height },
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BlockBodyView> {
    const block = await this.ports.reader.readBlock(height);
    if (block === undefined) throw new ProblemException('BLOCK_NOT_FOUND', `no block of height ${height}`);
    void reply.header('cache-control', block.certified ? IMMUTABLE : REVALIDATE);
    return blockToBody(block);
  }

  /** One more than the page holds, to know whether there is a next; nothing above `asOfHeight`. */
  private async read(
    { order, limit }: ListBlocksQuery,
    position: Height | undefined,
    asOfHeight: Height,
  ): Promise<readonly BlockSummary[]> {
    if (order === 'descending') {
      const before = Math.min(position ?? asOfHeight + 1, asOfHeight + 1);
      return this.ports.reader.listBlocks({ before }, limit + 1);
    }
    const blocks = await this.ports.reader.listBlocks({ after: position ?? 0 }, limit + 1);
    return blocks.filter(({ height }) => height <= asOfHeight);
  }
}
