/**
 * JSON Schemas (draft 2020-12, as OpenAPI 3.1 uses it) from the zod schemas: those with an id become components and are
 * referred to; others stand where they are used.
 */
import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

const PREFIX = '#/components/schemas/';

/** An object that is not strict may grow members later: clients must not refuse them. */
function openObjects(context: {
  readonly zodSchema: z.core.$ZodTypes;
  jsonSchema: Record<string, unknown>;
}): void {
  const { def } = context.zodSchema._zod;
  if (def.type === 'object' && def.catchall === undefined) delete context.jsonSchema['additionalProperties'];
  if (context.jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) context.jsonSchema['format'] = 'int64';
}

function withoutIdentity(schema: JsonSchema): JsonSchema {
  const { $schema: _schema, $id: _id, id: _name, ...rest } = schema;
  return rest;
}

/** Every schema with an id that has been declared, sorted by name. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { uri: (id) => PREFIX + id, override: openObjects });
  const names = Object.keys(schemas).sort((left, right) => (left < right ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, withoutIdentity(schemas[name] as JsonSchema)]));
}

/** A reference for a schema with an id; for others the schema itself. */
export function schemaToJson(schema: z.ZodType): JsonSchema {
  const id = z.globalRegistry.get(schema)?.id;
  if (id !== undefined) return { $ref: PREFIX + id };
  if (schema instanceof z.ZodUnion)
    return { anyOf: schema.options.map((option) => schemaToJson(option as z.ZodType)) };
  return withoutIdentity(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: openObjects }),
  );
}
