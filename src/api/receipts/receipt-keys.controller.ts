/** GET /.well-known/scitt-keys…: the keys that COSE receipts are signed with, for verifiers that know nothing of this ledger. */
import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  encodeReceiptKey,
  encodeReceiptKeys,
  receiptKeyIdText,
  receiptKeyToJwk,
} from '../../protocol/proof/cose/receipt-keys.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { chooseMediaType } from '../http/accepts-media-type.js';
import { CBOR_MEDIA_TYPE, JSON_MEDIA_TYPE } from '../http/content-types.js';
import { REVALIDATE } from '../http/response-headers.js';
import { Operation } from '../openapi/operation.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  GET_RECEIPT_KEY_OPERATION,
  LIST_RECEIPT_KEYS_OPERATION,
  type ReceiptKeyBody,
  type ReceiptKeySetBody,
} from './receipt-key-operations.js';

@Controller()
export class ReceiptKeysController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(LIST_RECEIPT_KEYS_OPERATION)
  async list(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | ReceiptKeySetBody> {
    const { keys, asOfHeight } = await this.ports.credentials.listReceiptKeys();
    return this.send(request, reply, () => encodeReceiptKeys(keys), {
      keys: keys.map(receiptKeyToJwk),
      asOfHeight,
    });
  }

  @Operation(GET_RECEIPT_KEY_OPERATION)
  async get(
    @Param() { kid }: { readonly kid: string },
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | ReceiptKeyBody> {
    const { keys } = await this.ports.credentials.listReceiptKeys();
    const key = keys.find(({ publicKey }) => receiptKeyIdText(publicKey) === kid);
    if (key === undefined)
      throw new ProblemException('RECEIPT_KEY_NOT_FOUND', `no key for receipts has the id ${kid}`);
    return this.send(request, reply, () => encodeReceiptKey(key), receiptKeyToJwk(key));
  }

  private send<Body>(
    request: FastifyRequest,
    reply: FastifyReply,
    toCbor: () => Uint8Array,
    json: Body,
  ): Buffer | Body {
    void reply.header('vary', 'accept').header('cache-control', REVALIDATE);
    if (chooseMediaType(request.headers.accept, [CBOR_MEDIA_TYPE, JSON_MEDIA_TYPE]) === JSON_MEDIA_TYPE)
      return json;
    void reply.type(CBOR_MEDIA_TYPE);
    return Buffer.from(toCbor());
  }
}
