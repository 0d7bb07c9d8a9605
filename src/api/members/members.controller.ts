/** GET /v1/organisations and /v1/identities…: who the members are, and what was done about each identity. */
import { Controller, Inject, Param, Query } from '@nestjs/common';
import type { MemberIdentity } from '../../node/use-cases.js';
import { isIdentity } from '../../protocol/ledger/identity.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { decodeTextCursor, encodeTextCursor, listName } from '../pages/cursor.js';
import { readHistoryPage } from '../pages/history-page.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  GET_IDENTITY_OPERATION,
  IDENTITY_HISTORY_OPERATION,
  LIST_IDENTITIES_OPERATION,
  LIST_ORGANISATIONS_OPERATION,
  ORGANISATION_HISTORY_OPERATION,
  type IdentityHistoryQuery,
  type IdentityPath,
  type ListIdentitiesQuery,
} from './member-operations.js';
import type {
  IdentityBody,
  IdentityHistoryBody,
  IdentityPageBody,
  OrganisationHistoryBody,
  OrganisationListBody,
} from './member-schemas.js';
import {
  historyEntryToBody,
  identityToBody,
  organisationEntryToBody,
  organisationToBody,
} from './member-views.js';

@Controller()
export class MembersController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(LIST_ORGANISATIONS_OPERATION)
  async listOrganisations(): Promise<OrganisationListBody> {
    const { asOfHeight, organisations } = await this.ports.members.listOrganisations();
    return {
      asOfHeight,
      items: organisations.map(organisationToBody),
    };
  }

  @Operation(ORGANISATION_HISTORY_OPERATION)
  async organisationHistory(
    @Param() { organisation }: { readonly organisation: string },
    @Query() { cursor, limit }: IdentityHistoryQuery,
  ): Promise<OrganisationHistoryBody> {
    const { organisations } = await this.ports.members.listOrganisations();
    if (!organisations.some(({ name }) => name === organisation))
      throw new ProblemException('ORGANISATION_NOT_FOUND', `the ledger has no organisation ${organisation}`);
    const page = await readHistoryPage(this.ports.reader, listName('oh', organisation), cursor, (from) =>
      this.ports.members.readOrganisationHistory(organisation, from, limit),
    );
    return { organisation, ...page, items: page.items.map(organisationEntryToBody) };
  }

  @Operation(LIST_IDENTITIES_OPERATION)
  async listIdentities(
    @Query() { organisation, cursor, limit }: ListIdentitiesQuery,
  ): Promise<IdentityPageBody> {
    const list = listName('i', organisation ?? '');
    const position = cursor === undefined ? undefined : decodeTextCursor(cursor, list, isIdentity);
    const [after, name] = position?.split('/') ?? [];
    // One more than the page holds, to know whether there is a next.
    const { asOfHeight, identities } = await this.ports.members.listIdentities(
      organisation,
      after === undefined || name === undefined ? undefined : { organisation: after, name },
      limit + 1,
    );
    const page = identities.slice(0, limit);
    const last = page.at(-1);
    return {
      asOfHeight,
      items: page.map(identityToBody),
      ...(last === undefined || identities.length <= limit
        ? {}
        : { nextCursor: encodeTextCursor(list, last.identity) }),
    };
  }

  @Operation(GET_IDENTITY_OPERATION)
  async getIdentity(@Param() path: IdentityPath): Promise<IdentityBody> {
    return identityToBody(await this.find(path));
  }

  @Operation(IDENTITY_HISTORY_OPERATION)
  async history(
    @Param() path: IdentityPath,
    @Query() { cursor, limit }: IdentityHistoryQuery,
  ): Promise<IdentityHistoryBody> {
    const { identity, organisation, name } = await this.find(path);
    const page = await readHistoryPage(this.ports.reader, listName('ih', identity), cursor, (from) =>
      this.ports.members.readHistory(organisation, name, from, limit),
    );
    return { identity, ...page, items: page.items.map(historyEntryToBody) };
  }

  private async find({ organisation, name }: IdentityPath): Promise<MemberIdentity> {
    const identity = await this.ports.members.findIdentity(organisation, name);
    if (identity !== undefined) return identity;
    throw new ProblemException('IDENTITY_NOT_FOUND', `the ledger has no identity ${organisation}/${name}`);
  }
}
