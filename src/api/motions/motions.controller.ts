/** GET /v1/motions… and /v1/validators: what the organisations decide together, and who votes. */
import { Controller, Inject, Param, Query } from '@nestjs/common';
import { isHex64, type TransactionId } from '../../protocol/primitives/identifiers.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { decodeTextCursor, encodeTextCursor, listName } from '../pages/cursor.js';
import { readHistoryPage } from '../pages/history-page.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  GET_MOTION_OPERATION,
  LIST_MOTIONS_OPERATION,
  LIST_VALIDATORS_OPERATION,
  MOTION_HISTORY_OPERATION,
  PREFLIGHT_OPERATION,
  type ListMotionsQuery,
  type PreflightQuery,
} from './motion-operations.js';
import type {
  MotionAnswerBody,
  MotionHistoryBody,
  MotionPageBody,
  PreflightBody,
  ValidatorListBody,
} from './motion-schemas.js';
import { motionEntryToBody, motionToBody, preflightToBody, validatorsToBody } from './motion-views.js';

interface MotionPath {
  readonly id: TransactionId;
}

@Controller()
export class MotionsController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(LIST_MOTIONS_OPERATION)
  async listMotions(@Query() { status, cursor, limit }: ListMotionsQuery): Promise<MotionPageBody> {
    const list = listName('m', status ?? '');
    const after =
      cursor === undefined ? undefined : (decodeTextCursor(cursor, list, isHex64) as TransactionId);
    const { asOfHeight, motions, next } = await this.ports.motions.listMotions(status, after, limit);
    return {
      asOfHeight,
      items: motions.map(motionToBody),
      ...(next === undefined ? {} : { nextCursor: encodeTextCursor(list, next) }),
    };
  }

  @Operation(GET_MOTION_OPERATION)
  async getMotion(@Param() { id }: MotionPath): Promise<MotionAnswerBody> {
    const { asOfHeight, motion } = await this.find(id);
    return { asOfHeight, motion: motionToBody(motion) };
  }

  @Operation(MOTION_HISTORY_OPERATION)
  async history(
    @Param() { id }: MotionPath,
    @Query() { cursor, limit }: Omit<ListMotionsQuery, 'status'>,
  ): Promise<MotionHistoryBody> {
    await this.find(id);
    const page = await readHistoryPage(this.ports.reader, listName('mh', id), cursor, (from) =>
      this.ports.motions.readMotionHistory(id, from, limit),
    );
    return { motion: id, ...page, items: page.items.map(motionEntryToBody) };
  }

  @Operation(LIST_VALIDATORS_OPERATION)
  async listValidators(): Promise<ValidatorListBody> {
    return validatorsToBody(await this.ports.motions.readValidators());
  }

  @Operation(PREFLIGHT_OPERATION)
  preflight(@Query() { change, organisation }: PreflightQuery): PreflightBody {
    return preflightToBody(this.ports.preflights.judge(change, organisation));
  }

  private async find(id: TransactionId) {
    const found = await this.ports.motions.findMotion(id);
    if (found === undefined) throw new ProblemException('MOTION_NOT_FOUND', `the ledger has no motion ${id}`);
    return found;
  }
}
