/** GET /v1/evidence: proofs that a member's key signed what no correct node does. */
import { Controller, Inject, Query } from '@nestjs/common';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { decodeCursor, encodeCursor, listName } from '../pages/cursor.js';
import { LIST_EVIDENCE_OPERATION, type ListEvidenceQuery } from './evidence-operations.js';
import type { EvidencePageBody } from './evidence-schemas.js';
import { evidenceToBody } from './evidence-view.js';

const LIST = listName('e', '');

@Controller()
export class EvidenceController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(LIST_EVIDENCE_OPERATION)
  async list(@Query() { cursor, limit }: ListEvidenceQuery): Promise<EvidencePageBody> {
    const after = cursor === undefined ? 0 : (decodeCursor(cursor, LIST, 1)[0] ?? 0);
    // One more than the page holds, to know whether there is a next.
    const stored = await this.ports.reader.listEvidence(after, limit + 1);
    const page = stored.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page.map((one) => evidenceToBody(one, this.ports.chain)),
      ...(last === undefined || stored.length <= limit
        ? {}
        : { nextCursor: encodeCursor(LIST, [last.sequence]) }),
    };
  }
}
