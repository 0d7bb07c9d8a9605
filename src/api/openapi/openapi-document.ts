/** The OpenAPI 3.1 document, made from the operations' declarations, the zod schemas and the problem registry. */
import type { OpenAPIObject } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { accessOf, describeAccess } from '../access/access-table.js';
import { createProblemBody, PROBLEM_MEDIA_TYPE, problemSchema } from '../problems/problem-body.js';
import { ACCESS_PROBLEMS, type AccessProblemCode } from '../problems/access-problems.js';
import { ProblemException } from '../problems/problem-exception.js';
import { problemOf, type ProblemCode } from '../problems/problem-registry.js';
import { componentSchemas, schemaToJson } from './component-schemas.js';
import type { MediaDeclaration, OperationDeclaration, Parameters, ResponseDeclaration } from './operation.js';

const EXAMPLE_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

const TAGS = [
  { name: 'transactions', description: 'Submit signed transactions, follow them, and fetch their receipts.' },
  { name: 'blocks', description: 'The chain of blocks and what each resulted in.' },
  {
    name: 'checkpoints',
    description: 'Countersigned checkpoints of the result log (C2SP signed notes), and genesis.',
  },
  { name: 'subjects', description: 'The history of an EPC, lot, order or asset.' },
  { name: 'members', description: 'Who the organisations are, and who signs for them.' },
  { name: 'evidence', description: 'Proofs that a member signed what no correct node does.' },
  { name: 'audit', description: 'The whole ledger, to take away or to hold against another organisation’s.' },
  { name: 'node', description: 'How this node is doing.' },
];

/** What the guard refuses. */
const GUARD_PROBLEMS = Object.keys(ACCESS_PROBLEMS) as readonly AccessProblemCode[];

const SECURITY_SCHEMES = {
  requestSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'Signature',
    description:
      'HTTP Message Signature (RFC 9421) with the key of an identity of the ledger; docs/ACCESS.md says what it covers.',
  },
  bearerToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "Token of the OpenID provider of the node's organisation, where the node has one.",
  },
};

/** Problems that a request can meet whatever it asks for. */
function commonProblems(operation: OperationDeclaration): readonly ProblemCode[] {
  const ofParameters: ProblemCode[] = ['QUERY_PARAMETER_UNKNOWN', 'PERCENT_ENCODING_INVALID'];
  const ofAccess = accessOf(operation.id).kind === 'roles' ? GUARD_PROBLEMS : [];
  return [...operation.problems, ...ofAccess, ...ofParameters, 'NOT_ACCEPTABLE', 'INTERNAL_ERROR'];
}

function mediaToJson(mediaType: string, media: MediaDeclaration): object {
  const schema =
    media.schema === undefined ? { type: 'string', contentMediaType: mediaType } : schemaToJson(media.schema);
  return { schema, ...('example' in media ? { example: media.example } : {}) };
}

function contentToJson(content: Readonly<Record<string, MediaDeclaration>>): object {
  return Object.fromEntries(
    Object.entries(content).map(([mediaType, media]) => [mediaType, mediaToJson(mediaType, media)]),
  );
}

function responseToJson(response: ResponseDeclaration): object {
  const headers = Object.entries(response.headers ?? {}).map(([name, description]): [string, object] => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return {
    description: response.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(response.content === undefined ? {} : { content: contentToJson(response.content) }),
  };
}

function parametersToJson(place: 'path' | 'query' | 'header', parameters: Parameters = {}): object[] {
  return Object.entries(parameters).map(([name, { schema, description, example }]) => ({
    name,
    in: place,
    required: place === 'path',
    description,
    schema: schemaToJson(schema),
    ...(example === undefined ? {} : { example }),
  }));
}

function problemExample(code: ProblemCode): object {
  const { title, fix } = problemOf(code);
  return {
    summary: title,
    description: fix,
    value: createProblemBody(new ProblemException(code, title), EXAMPLE_TRACE),
  };
}

/** One response for each status, with an example for each code that has it. */
function problemResponses(codes: readonly ProblemCode[]): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const { status } = problemOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses: Record<string, object> = {};
  for (const [status, listed] of byStatus) {
    const retries = listed.some((code) => problemOf(code).retryAfterSeconds !== undefined);
    responses[status] = {
      description: `${STATUS_CODES[status] ?? 'Problem'}: ${listed.join(', ')}`,
      ...(retries
        ? { headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } } }
        : {}),
      content: {
        [PROBLEM_MEDIA_TYPE]: {
          schema: schemaToJson(problemSchema),
          examples: Object.fromEntries(listed.map((code) => [code, problemExample(code)])),
        },
      },
    };
  }
  return responses;
}

function operationToJson(operation: OperationDeclaration): object {
  const parameters = [
    ...parametersToJson('path', operation.parameters),
    ...parametersToJson('query', operation.query),
    ...parametersToJson('header', operation.headers),
  ];
  const access = accessOf(operation.id);
  const successes = Object.entries(operation.responses).map(([status, response]): [string, object] => [
    status,
    responseToJson(response),
  ]);
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: [operation.description, `For ${describeAccess(access)}.`].filter(Boolean).join(' '),
    security: access.kind === 'roles' ? [{ requestSignature: [] }, { bearerToken: [] }] : [],
    'x-countersign-access': access,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined
      ? {}
      : { requestBody: { required: true, content: contentToJson(operation.body) } }),
    responses: { ...Object.fromEntries(successes), ...problemResponses(commonProblems(operation)) },
  };
}

export interface DocumentSettings {
  readonly version: string;
  readonly serverUrl: string;
}

export function createOpenApiDocument(
  operations: readonly OperationDeclaration[],
  settings: DocumentSettings,
): OpenAPIObject {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const item = (paths[operation.path] ??= {});
    item[operation.method.toLowerCase()] = operationToJson(operation);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Countersign',
      version: settings.version,
      summary: 'A consortium ledger whose every record is countersigned by a quorum of the members.',
      description:
        'Every error is application/problem+json with a stable code; docs/ERRORS.md lists them. Lists use opaque cursors. Committed things never change and carry strong ETags.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: settings.serverUrl, description: 'The node of one organisation' }],
    tags: TAGS,
    paths,
    components: { schemas: componentSchemas(), securitySchemes: SECURITY_SCHEMES },
  } as unknown as OpenAPIObject;
}
