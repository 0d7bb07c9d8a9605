/** Swagger UI at /docs from the package's own files (works offline), and the document at /openapi.json. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { createApiDocument } from './api-document.js';

export function serveDocumentation(app: NestFastifyApplication, publicUrl: string | undefined): void {
  SwaggerModule.setup('docs', app, () => createApiDocument(publicUrl), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Countersign API',
    swaggerOptions: { validatorUrl: null, displayRequestDuration: true },
  });
}
