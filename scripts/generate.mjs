// Writes the generated parts of the repository: TypeScript from proto/, then docs/openapi.json from the REST edge.
import path from 'node:path';
import { root } from './checks/report.mjs';
import { generateOpenApi, openApiDocument, openApiIsOffered } from './generate/open-api.mjs';
import { generateProtocol } from './generate/protocol.mjs';

generateProtocol(root);
if (openApiIsOffered()) generateOpenApi(path.join(root, openApiDocument));
