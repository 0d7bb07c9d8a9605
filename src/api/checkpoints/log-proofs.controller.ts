/** Proofs for those who compare checkpoints: open to anyone, like the checkpoints themselves (docs/adr/0033). */
import { Controller, Inject, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { LogConsistency, LogInclusion, NotCountersigned } from '../../node/use-cases.js';
import { bytesToBase64 } from '../../protocol/primitives/base64.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { IMMUTABLE, REVALIDATE } from '../http/response-headers.js';
import { Operation } from '../openapi/operation.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  CONSISTENCY_OPERATION,
  INCLUSION_OPERATION,
  VALIDATOR_HISTORY_OPERATION,
  type ConsistencyBody,
  type ConsistencyQuery,
  type InclusionBody,
  type InclusionQuery,
  type ValidatorHistoryBody,
  type ValidatorHistoryQuery,
} from './log-proof-operations.js';

function checkOrder(names: readonly [string, string], first: Height, second: Height): void {
  if (first <= second) return;
  const [lower, upper] = names;
  const detail = `${lower}=${first} lies above ${upper}=${second}; give the lower height as ${lower}`;
  throw new ProblemException('HEIGHTS_REVERSED', detail, [{ detail, parameter: lower }]);
}

function demandCertified<Proof extends LogConsistency | LogInclusion>(
  found: Proof | NotCountersigned,
  height: Height,
): Proof {
  if (!('certifiedHeight' in found)) return found;
  const { certifiedHeight } = found;
  const newest = certifiedHeight === undefined ? 'no height is' : `the newest that is, is ${certifiedHeight}`;
  throw new ProblemException(
    'CHECKPOINT_NOT_FOUND',
    `height ${height} is not countersigned at this node; ${newest}`,
  );
}

@Controller()
export class LogProofsController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(CONSISTENCY_OPERATION)
  async consistency(
    @Query() { from, to }: ConsistencyQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConsistencyBody> {
    checkOrder(['from', 'to'], from, to);
    const proof = demandCertified(await this.ports.logProofs.consistency(from, to), to);
    void reply.header('cache-control', IMMUTABLE);
    return { from: proof.from, to: proof.to, path: proof.path.map(bytesToHex) };
  }

  @Operation(INCLUSION_OPERATION)
  async inclusion(
    @Query() { height, at }: InclusionQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<InclusionBody> {
    checkOrder(['height', 'at'], height, at);
    const proof = demandCertified(await this.ports.logProofs.inclusion(height, at), at);
    void reply.header('cache-control', IMMUTABLE);
    const { leafHash, path } = proof;
    return { height, leafHash: bytesToHex(leafHash), at: proof.at, path: path.map(bytesToHex) };
  }

  @Operation(VALIDATOR_HISTORY_OPERATION)
  async validatorHistory(
    @Query() { from }: ValidatorHistoryQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ValidatorHistoryBody> {
    const { items, nextFrom } = await this.ports.logProofs.validatorHistory(from);
    // A full page stays as it is; another one grows with the next change.
    void reply.header('cache-control', nextFrom === undefined ? REVALIDATE : IMMUTABLE);
    return {
      items: items.map(({ epoch, height, checkpoint, checkpointPath, resultRecord, validators }) => ({
        epoch,
        height,
        checkpoint,
        checkpointPath: checkpointPath.map(bytesToHex),
        resultRecord: bytesToBase64(resultRecord),
        validators: validators.map(({ organisation, ledgerKey }) => ({ organisation, ledgerKey })),
      })),
      ...(nextFrom === undefined ? {} : { nextFrom }),
    };
  }
}
