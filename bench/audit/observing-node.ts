/** A real node on a ledger that exists: an observer whose members are away, so that it serves reads and nothing else. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { PortAllocator } from '../../src/demo/cluster/free-port.js';
import { logTail, NodeProcess } from '../../src/demo/cluster/node-process.js';
import { issueObserverCertificate } from '../../src/network/observer-certificate.js';
import { CountersignClient, keyPairSigner, seedToKeyPair } from '../../src/sdk/index.js';
import { testSeed } from '../../test/support/signed-transactions.js';
import type { FilledLedger } from './filled-ledger.js';

const DAY_MS = 86_400_000;
const START_LIMIT_MS = 120_000;

export class ObservingNode {
  private constructor(
    private readonly process: NodeProcess,
    readonly configFile: string,
    readonly restUrl: string,
    readonly client: CountersignClient,
  ) {}

  static async start(ledger: FilledLedger, mainFile: string): Promise<ObservingNode> {
    const { directory, postgres, genesisFile } = ledger;
    const [configFile, logFile] = [
      path.join(directory, 'countersign.yaml'),
      path.join(directory, 'node.log'),
    ];
    const ports = new PortAllocator();
    const rest = await ports.take(0);
    const absent = await ports.take(0);
    const ledgerKey = keyPairSigner(seedToKeyPair(testSeed('acme')));
    const name = { organisation: 'acme', observer: 'bench' };
    const { pem } = await issueObserverCertificate(name, ledgerKey, { wallMs: () => Date.now() }, DAY_MS);
    writeFileSync(path.join(directory, 'observer.pem'), pem, { mode: 0o600 });
    const { url, readerUrl, ownerUrl } = postgres;
    const addresses = { acme: `127.0.0.1:${absent}` };
    writeFileSync(
      configFile,
      stringify({
        organisation: 'acme',
        role: 'observer',
        genesisFile,
        database: { url, ownerUrl, readerUrl },
        rest: { port: rest, rateLimit: { requestsMax: 10_000_000 } },
        metrics: { port: 0 },
        peer: { addresses, certificateFile: 'observer.pem' },
        log: { level: 'warn' },
      }),
    );
    writeFileSync(logFile, '');
    const process = await NodeProcess.start({ organisation: 'acme', configFile, logFile, mainFile });
    const restUrl = `http://127.0.0.1:${rest}`;
    const signer = keyPairSigner(seedToKeyPair(testSeed('acme/auditor')));
    const node = new ObservingNode(
      process,
      configFile,
      restUrl,
      new CountersignClient(restUrl, { credentials: { signer } }),
    );
    const deadline = Date.now() + START_LIMIT_MS;
    for (;;) {
      const isUp = await fetch(`${restUrl}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return node;
      if (!process.isRunning || Date.now() > deadline)
        throw new Error(`the node did not start: ${logTail(logFile)}`);
      await pause(50);
    }
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}
