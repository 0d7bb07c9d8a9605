/** Four organisations as real processes in a temporary folder, for tests; the compiled program runs, as an operator runs it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster, type ClusterOptions } from '../../src/demo/cluster/cluster.js';
import type { ReplayNode } from '../../src/demo/replay/replay-documents.js';
import { organisationFolder } from '../../src/demo/demo-folder.js';
import { removePostgres } from '../../src/demo/postgres/embedded-postgres.js';

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
export const mainFile = path.join(projectFolder, 'dist', 'main.js');
export const cliFile = path.join(projectFolder, 'dist', 'cli', 'countersign.js');
export const ORGANISATIONS = ['acme', 'globex', 'initech', 'umbrella'] as const;

/** What somebody needs who submits for an organisation. */
export interface LoadNode extends ReplayNode {
  readonly restUrl: string;
}

export interface TestCluster {
  readonly cluster: Cluster;
  readonly directory: string;
  /** Each organisation with its client and the key of its identity `app`. */
  readonly nodes: readonly LoadNode[];
  /** Ends everything and removes the folder, unless somebody wants to look into it. */
  close(keepFolder?: boolean): Promise<void>;
}

export function createTemporaryFolder(): string {
  return mkdtempSync(path.join(realpathSync(tmpdir()), 'countersign-e2e-'));
}

export async function removeDemoFolder(directory: string): Promise<void> {
  for (const organisation of ORGANISATIONS) {
    await removePostgres(organisationFolder(directory, organisation).postgresFolder);
  }
  rmSync(directory, { recursive: true, force: true });
}

export async function startTestCluster(
  options: Partial<Pick<ClusterOptions, 'fsync' | 'settings' | 'own' | 'detours'>> = {},
): Promise<TestCluster> {
  if (!existsSync(mainFile)) throw new Error('dist/main.js is missing: run "npm run build" first');
  const directory = createTemporaryFolder();
  try {
    const cluster = await Cluster.start({
      directory,
      organisations: ORGANISATIONS,
      consortium: 'e2e',
      ports: 'free',
      fsync: false,
      mainFile,
      cacheDirectory: path.join(projectFolder, '.countersign', 'binaries'),
      ...options,
    });
    const nodes = await Promise.all(
      cluster.nodes.map(async ({ organisation, client, restUrl }) => {
        const signer = await cluster.identitySigner(organisation, 'app');
        return { organisation, client, restUrl, signer };
      }),
    );
    const close = async (keepFolder = false): Promise<void> => {
      await cluster.stop();
      if (!keepFolder) await removeDemoFolder(directory);
    };
    return { cluster, directory, nodes, close };
  } catch (error) {
    await removeDemoFolder(directory);
    throw error;
  }
}

export interface ProgramRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Runs `countersign` with the arguments, further variables and without colours; standard input is empty. */
export function runCountersignWith(
  variables: Readonly<Record<string, string>>,
  ...programArguments: readonly string[]
): Promise<ProgramRun> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1', ...variables };
    const options = { env, maxBuffer: OUTPUT_BYTES_MAX };
    const child = execFile(
      process.execPath,
      [cliFile, ...programArguments],
      options,
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') {
          reject(new Error('countersign did not end by itself', { cause: error }));
        } else resolve({ status: child.exitCode ?? 0, stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}

export function runCountersign(...programArguments: readonly string[]): Promise<ProgramRun> {
  return runCountersignWith({}, ...programArguments);
}

/** Waits for what must come to be; the limit says "never", not "slow". */
export async function eventually<Value>(
  what: string,
  look: () => Promise<Value | undefined>,
  limitMs = 60_000,
): Promise<Value> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come to be within ${limitMs} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}
