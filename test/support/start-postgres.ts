/** A program of its own that starts a cluster in the folder it is given, says so in one line of JSON, and waits to be killed. */
import { startPostgres } from '../../src/demo/postgres/embedded-postgres.js';

const [, , directory = '', cacheDirectory = ''] = process.argv;
const running = await startPostgres({ directory, cacheDirectory, fsync: false });
console.log(JSON.stringify({ starter: process.pid, server: running.pid, url: running.ownerUrl }));
setInterval(() => undefined, 60_000);
