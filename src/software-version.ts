/** Version of this program, from package.json, which lies one folder above both src and dist. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const packageSchema = z.object({ version: z.string() });
const file = new URL('../package.json', import.meta.url);

export const softwareVersion: string = packageSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
