/**
 * A node as dist/main.js runs it, with faults that cannot come from outside: of the journal's disk, of the wall clock, and of
 * its will. A program of the tests alone: nothing of it ships.
 */
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { loadConfiguration } from '../../../../src/config/load-configuration.js';
import { processEnvironment } from '../../../../src/config/process-environment.js';
import { DiskJournalFiles } from '../../../../src/journal/disk-journal-files.js';
import type { AdmittedTransaction } from '../../../../src/node/mempool/admitted-transaction.js';
import { Mempool } from '../../../../src/node/mempool/mempool.js';
import type { Clock } from '../../../../src/node/ports.js';
import { runNode } from '../../../../src/run-node.js';
import { systemClock } from '../../../../src/system-clock.js';
import { readFaultsOf } from './faults.js';
import { createFaultyJournalFiles } from './faulty-journal-files.js';

const { values } = parseArgs({ options: { config: { type: 'string' } }, strict: true });
const { configuration } = loadConfiguration(processEnvironment(), values.config);
const faults = readFaultsOf(configuration.dataDirectory);
const clock: Clock = {
  ...systemClock,
  wallMs: () => systemClock.wallMs() + (faults().wallOffsetMs ?? 0),
};
const add = Mempool.prototype.add;
/** The node takes no notice of what somebody of one organisation has signed, so as primary it includes nothing of it. */
Mempool.prototype.add = function (this: Mempool, admitted: AdmittedTransaction) {
  const isLeftOut = this.laneName(admitted.transaction.publicKey) === faults().leftOut;
  return isLeftOut ? 'ORGANISATION_SHARE_FULL' : add.call(this, admitted);
};
const disk = new DiskJournalFiles(configuration.journal.directory);

await runNode(configuration, { clock, journalFiles: createFaultyJournalFiles(disk, faults) });
