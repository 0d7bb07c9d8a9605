/**
 * One operation of the API, declared once: the route, what requests may hold (checked before the handler runs), and
 * what the OpenAPI document says. `@Operation` registers the route; src/api/openapi reads the same declaration.
 */
import { applyDecorators, Get, Post, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import type { OperationId } from '../access/access-table.js';
import type { ProblemCode } from '../problems/problem-registry.js';

export const OPERATION_METADATA = 'countersign:operation';

export interface ParameterDeclaration {
  readonly schema: z.ZodType;
  readonly description: string;
  readonly example?: unknown;
  /** Code when the value does not fit; QUERY_PARAMETER_INVALID unless named. */
  readonly problem?: ProblemCode;
}

export type Parameters = Readonly<Record<string, ParameterDeclaration>>;

export interface MediaDeclaration {
  /** Absent for bytes. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
}

export interface ResponseDeclaration {
  readonly description: string;
  /** By media type; absent when the answer has no body. */
  readonly content?: Readonly<Record<string, MediaDeclaration>>;
  /** Header name → description. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OperationDeclaration {
  /** Who may call it stands in the table of access. */
  readonly id: OperationId;
  readonly method: 'GET' | 'POST';
  /** As in OpenAPI: `/v1/blocks/{height}`. */
  readonly path: string;
  readonly tag:
    'transactions' | 'blocks' | 'checkpoints' | 'subjects' | 'members' | 'evidence' | 'audit' | 'node';
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: Parameters;
  readonly query?: Parameters;
  readonly headers?: Parameters;
  readonly body?: Readonly<Record<string, MediaDeclaration>>;
  /** Which body limit of the configuration holds; `single` unless named. */
  readonly bodyLimit?: 'single' | 'batch';
  readonly responses: Readonly<Record<number, ResponseDeclaration>>;
  /** Problems of its own; those that every operation can have are added. */
  readonly problems: readonly ProblemCode[];
}

/** In Fastify's route syntax a literal colon is written twice. */
function routeOf(path: string): string {
  return path.replaceAll(':', '::').replaceAll(/\{([A-Za-z]+)\}/g, ':$1');
}

/** Media types of a success, the preferred one first; problems are always problem+json. */
export function producedMediaTypes(declaration: OperationDeclaration): readonly string[] {
  const mediaTypes = Object.values(declaration.responses).flatMap(({ content }) =>
    Object.keys(content ?? {}),
  );
  return mediaTypes.length === 0 ? ['application/json'] : [...new Set(mediaTypes)];
}

export function Operation(declaration: OperationDeclaration): MethodDecorator {
  const route = routeOf(declaration.path);
  return applyDecorators(
    declaration.method === 'GET' ? Get(route) : Post(route),
    SetMetadata(OPERATION_METADATA, declaration),
    RouteConfig({ operation: declaration }),
  );
}

/** The declarations of a controller's methods, in the order of the methods. */
export function operationsOf(controller: { readonly prototype: object }): readonly OperationDeclaration[] {
  const prototype = controller.prototype as Readonly<Record<string, unknown>>;
  const declarations: OperationDeclaration[] = [];
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = prototype[name];
    if (typeof method !== 'function') continue;
    const declaration = Reflect.getMetadata(OPERATION_METADATA, method) as OperationDeclaration | undefined;
    if (declaration !== undefined) declarations.push(declaration);
  }
  return declarations;
}
