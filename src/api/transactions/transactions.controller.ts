/** GET /v1/transactions…: the list, one transaction's status, and its receipt. */
import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredTransaction } from '../../node/ports.js';
import type { TransactionStatus } from '../../node/use-cases.js';
import type { Height, TransactionId } from '../../protocol/primitives/identifiers.js';
import { requireCaller } from '../access/caller.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { chooseMediaType } from '../http/accepts-media-type.js';
import { CBOR_MEDIA_TYPE, JSON_MEDIA_TYPE } from '../http/content-types.js';
import { IMMUTABLE } from '../http/response-headers.js';
import { Operation } from '../openapi/operation.js';
import { readAsOfHeight } from '../pages/as-of-height.js';
import { decodeCursor, encodeCursor, listName } from '../pages/cursor.js';
import { readStoredOutcome } from '../pages/stored-outcome.js';
import { ProblemException } from '../problems/problem-exception.js';
import { requireCoseReceipt } from './cose-answers.js';
import {
  GET_OPERATION,
  LIST_OPERATION,
  RECEIPT_OPERATION,
  type ListTransactionsQuery,
} from './query-operations.js';
import type { TransactionPageBody, TransactionStatusBody } from './transaction-schemas.js';
import { statusToBody, storedToItem, withheldItem } from './transaction-views.js';

@Controller()
export class TransactionsController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(LIST_OPERATION)
  async list(
    @Query() query: ListTransactionsQuery,
    @Req() request: FastifyRequest,
  ): Promise<TransactionPageBody> {
    const { limit, height } = query;
    const list = listName('t', `${height ?? ''}`);
    const after = query.cursor === undefined ? undefined : this.positionOf(query.cursor, list);
    const asOfHeight = await readAsOfHeight(this.ports.reader, query.atHeight);
    const filter = height === undefined ? {} : { height };
    const stored = await this.ports.reader.listTransactions(after, limit + 1, filter);
    const reached = stored.filter((transaction) => transaction.height <= asOfHeight);
    const page = reached
      .slice(0, limit)
      .map((one) => ({ ...one, outcome: readStoredOutcome(one.id, one.outcome) }));
    const outcomes = page.map(({ outcome }) => outcome);
    const isVisible = await this.ports.reading.visibility(requireCaller(request), outcomes);
    const last = page.at(-1);
    return {
      items: page.map((each) => (isVisible(each.outcome) ? storedToItem(each) : withheldItem(each))),
      asOfHeight,
      ...(last === undefined || reached.length <= limit ? {} : { nextCursor: this.cursorAfter(last, list) }),
    };
  }

  @Operation(GET_OPERATION)
  async get(
    @Param() { id }: { readonly id: TransactionId },
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TransactionStatusBody> {
    const status = await this.findVisible(id, request);
    if (status === undefined) throw new ProblemException('TRANSACTION_NOT_FOUND', `no transaction ${id}`);
    if (status.status === 'COMMITTED') void reply.header('cache-control', IMMUTABLE);
    return statusToBody(status);
  }

  @Operation(RECEIPT_OPERATION)
  async receipt(
    @Param() { id }: { readonly id: TransactionId },
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Uint8Array> {
    await this.findVisible(id, request);
    void reply.header('vary', 'accept');
    const mediaType = chooseMediaType(request.headers.accept, [JSON_MEDIA_TYPE, CBOR_MEDIA_TYPE]);
    if (mediaType === CBOR_MEDIA_TYPE) return this.coseReceipt(id, reply);
    const receipt = await this.ports.receipts.build(id);
    if (receipt === undefined) throw new ProblemException('TRANSACTION_NOT_FOUND', `no transaction ${id}`);
    if (receipt === 'notCommitted') {
      throw new ProblemException('TRANSACTION_NOT_COMMITTED', `transaction ${id} is not on the ledger`);
    }
    if (receipt === 'notCertifiedYet') {
      throw new ProblemException(
        'RECEIPT_NOT_READY',
        `the block of transaction ${id} lacks countersignatures`,
      );
    }
    void reply.header('cache-control', IMMUTABLE).type(JSON_MEDIA_TYPE);
    void reply.header('content-disposition', `attachment; filename="receipt-${id.slice(0, 16)}.json"`);
    return Buffer.from(receipt.buffer, receipt.byteOffset, receipt.byteLength);
  }

  /** Not to be kept by its address: whoever asks again gets other signatures, and by keys that are in force then. */
  private async coseReceipt(id: TransactionId, reply: FastifyReply): Promise<Buffer> {
    const receipt = requireCoseReceipt(id, await this.ports.coseReceipts.build(id));
    void reply.header('cache-control', 'no-store').type(CBOR_MEDIA_TYPE);
    void reply.header('content-disposition', `attachment; filename="receipt-${id.slice(0, 16)}.cbor"`);
    return Buffer.from(receipt.buffer, receipt.byteOffset, receipt.byteLength);
  }

  /** Throws ProblemException RECORD_WITHHELD. */
  private async findVisible(
    id: TransactionId,
    request: FastifyRequest,
  ): Promise<TransactionStatus | undefined> {
    const status = await this.ports.submission.findStatus(id);
    if (status?.status !== 'COMMITTED') return status;
    const isVisible = await this.ports.reading.visibility(requireCaller(request), [status.outcome]);
    if (isVisible(status.outcome)) return status;
    throw new ProblemException(
      'RECORD_WITHHELD',
      `transaction ${id} is of an organisation that does not share it`,
    );
  }

  private positionOf(cursor: string, list: string): { height: Height; index: number } {
    const [height = 0, index = 0] = decodeCursor(cursor, list, 2);
    return { height, index };
  }

  private cursorAfter({ height, index }: Pick<StoredTransaction, 'height' | 'index'>, list: string): string {
    return encodeCursor(list, [height, index]);
  }
}
