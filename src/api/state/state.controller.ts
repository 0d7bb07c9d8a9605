/** GET /v1/state/{key}: one entry of the world state, or its absence, with proof if wanted. */
import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseStateKeyText, type NamedStateKey } from '../../protocol/state/state-key-text.js';
import { requireCaller } from '../access/caller.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { refusalToProblem, sendProof } from '../pages/proof-answers.js';
import { ProblemException } from '../problems/problem-exception.js';
import { GET_STATE_OPERATION, type StateEntryBody, type StateQuery } from './state-operations.js';

/** Throws STATE_KEY_MALFORMED, STATE_KIND_UNKNOWN. */
function readKey(text: string): NamedStateKey {
  const parsed = parseStateKeyText(text);
  if (parsed.ok) return parsed.value;
  const { code, message } = parsed.rejection;
  throw new ProblemException(code, message, [{ detail: message, parameter: 'key' }]);
}

@Controller()
export class StateController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(GET_STATE_OPERATION)
  async get(
    @Param() { key: text }: { readonly key: string },
    @Query() { atHeight, proof }: StateQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StateEntryBody | Buffer> {
    const named = readKey(text);
    await this.requireReadable(named, request);
    if (proof === 'true') {
      const proven = await this.ports.proofs.proveState({ key: named.key, keyText: text }, atHeight);
      if ('refused' in proven) throw refusalToProblem(proven, atHeight);
      return sendProof(reply, `state-${named.kind}`, proven);
    }
    const entry = await this.ports.proofs.readState(named.key, atHeight);
    if ('refused' in entry) throw refusalToProblem(entry, atHeight);
    const { height, value } = entry;
    const present = value !== undefined;
    return {
      key: text,
      height,
      present,
      ...(present ? { value: Buffer.from(value).toString('base64') } : {}),
    };
  }

  /**
   * A reservation tells which transaction an identity's key belongs to, and its absence that the key was never used: both are
   * as private as the identity's records. Throws RECORD_WITHHELD.
   */
  private async requireReadable({ kind, names }: NamedStateKey, request: FastifyRequest): Promise<void> {
    if (kind !== 'idempotency') return;
    const owner = { identity: names[0] ?? '' };
    const isReadable = await this.ports.reading.visibility(requireCaller(request), [owner]);
    if (isReadable(owner)) return;
    throw new ProblemException(
      'RECORD_WITHHELD',
      `what ${owner.identity} has used its keys for is of an organisation that does not share it`,
    );
  }
}
