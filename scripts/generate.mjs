// Writes the generated parts of the repository: TypeScript from proto/, then the documents of the REST edge.
import path from 'node:path';
import { root } from './checks/report.mjs';
import { generateDocuments } from './generate/documents.mjs';
import { generateProtocol } from './generate/protocol.mjs';

generateProtocol(root);
generateDocuments((document) => path.join(root, document));
