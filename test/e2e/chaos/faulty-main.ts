/**
 * A node as dist/main.js runs it, with faults that cannot come from outside: of the journal's disk and of the wall clock. A
 * program of the tests alone: nothing of it ships.
 */
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { loadConfiguration } from '../../../src/config/load-configuration.js';
import { processEnvironment } from '../../../src/config/process-environment.js';
import { DiskJournalFiles } from '../../../src/journal/disk-journal-files.js';
import type { Clock } from '../../../src/node/ports.js';
import { runNode } from '../../../src/run-node.js';
import { systemClock } from '../../../src/system-clock.js';
import { readFaultsOf } from './faults.js';
import { createFaultyJournalFiles } from './faulty-journal-files.js';

const { values } = parseArgs({ options: { config: { type: 'string' } }, strict: true });
const { configuration } = loadConfiguration(processEnvironment(), values.config);
const faults = readFaultsOf(configuration.dataDirectory);
const clock: Clock = {
  ...systemClock,
  wallMs: () => systemClock.wallMs() + (faults().wallOffsetMs ?? 0),
};
const disk = new DiskJournalFiles(configuration.journal.directory);

await runNode(configuration, { clock, journalFiles: createFaultyJournalFiles(disk, faults) });
