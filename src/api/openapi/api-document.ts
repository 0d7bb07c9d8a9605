/** The document of this API: from the list of controllers that are served. */
import type { OpenAPIObject } from '@nestjs/swagger';
import { API_CONTROLLERS } from '../api-controllers.js';
import { createOpenApiDocument } from './openapi-document.js';
import { operationsOf, type OperationDeclaration } from './operation.js';

/** Version of the API, not of the program: it changes when the document does. */
export const API_VERSION = '1.0.0';

/** Every operation that is served. */
export function apiOperations(): readonly OperationDeclaration[] {
  return API_CONTROLLERS.flatMap((controller) => operationsOf(controller));
}

export function createApiDocument(serverUrl = '/'): OpenAPIObject {
  return createOpenApiDocument(apiOperations(), { version: API_VERSION, serverUrl });
}
