/**
 * `audit export`: blocks with everything that proves them, into a file that is verified while it is written. A file that was cut
 * goes on after its last whole block.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { BundleVerifier, type BundleRefusal } from '../../protocol/proof/bundle/verify-bundle.js';
import type { CountersignClient, VerifiedBundle } from '../../sdk/index.js';
import { UsageError, VerificationError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { bundleProgress, describeBundle, fileChunks, verifiedBundleToJson } from '../proofs/verify-bundle.js';
import { addNodeAccess, createClient, genesisFileOf, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { terminalOf, type Terminal } from '../terminal.js';
import { Continuation } from './continuation.js';

interface ExportOptions extends NodeAccessOptions {
  readonly from?: number;
  readonly to?: number;
  readonly output: string;
  readonly genesis?: string;
  readonly overwrite?: boolean;
}

const FIRST_BYTES = '{"bundle":{';

/** Where the bytes go, and what has become of them. */
class BundleOutput {
  bytes = 0;

  constructor(
    readonly file: string,
    private readonly handle: FileHandle | undefined,
    private readonly terminal: Terminal,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    if (this.handle === undefined) this.terminal.raw(chunk);
    else await this.handle.write(chunk, 0, chunk.length, this.bytes);
    this.bytes += chunk.length;
  }

  /** Cuts the file behind `bytes`; what is written next goes there. */
  async cut(bytes: number): Promise<void> {
    await this.handle?.truncate(bytes);
    this.bytes = bytes;
  }

  async close(): Promise<void> {
    await this.handle?.sync();
    await this.handle?.close();
  }
}

async function openOutput(file: string, overwrite: boolean, terminal: Terminal): Promise<BundleOutput> {
  if (file === '-') return new BundleOutput(file, undefined, terminal);
  try {
    return new BundleOutput(file, await open(file, overwrite ? 'w' : 'a').then(reopen(file)), terminal);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('FILE_UNWRITABLE', `${file} cannot be written (${reason})`, { cause });
  }
}

/** A file opened for appending writes at its end whatever the position is. */
function reopen(file: string): (created: FileHandle) => Promise<FileHandle> {
  return async (created) => {
    await created.close();
    return open(file, 'r+');
  };
}

function refusalToError(file: string, { code, message }: BundleRefusal): VerificationError {
  return new VerificationError(code, `${file} is refused: ${message}`);
}

function createVerifier(genesis: Uint8Array): BundleVerifier {
  const verifier = BundleVerifier.create(genesis);
  if (verifier.ok) return verifier.value;
  throw new VerificationError(verifier.rejection.code, verifier.rejection.message);
}

/** Takes up what a file holds; a file that begins like no bundle is left alone. */
async function readFile(file: string, verifier: BundleVerifier): Promise<number> {
  let bytes = 0;
  for await (const chunk of fileChunks(file)) {
    const start = new TextDecoder().decode(chunk.subarray(0, FIRST_BYTES.length));
    if (bytes === 0 && !FIRST_BYTES.startsWith(start))
      throw new UsageError(`${file} is no bundle; name another file, or say --overwrite`);
    bytes += chunk.length;
    const refusal = verifier.push(chunk);
    if (refusal !== undefined) throw refusalToError(file, refusal);
  }
  return bytes;
}

function checkRange(
  { from, to, output }: ExportOptions,
  head: { readonly from: number; readonly to: number },
): void {
  if ((from ?? head.from) === head.from && (to ?? head.to) === head.to) return;
  throw new UsageError(
    `${output} is of blocks ${head.from} to ${head.to}; ask for the same ones, name another file, or say --overwrite`,
  );
}

class Export {
  /** Height after which the node was asked to go on. */
  continuedAfter: number | undefined;
  private verifier: BundleVerifier;

  constructor(
    private readonly client: CountersignClient,
    private readonly genesis: Uint8Array,
    private readonly options: ExportOptions,
    private readonly output: BundleOutput,
    private readonly terminal: Terminal,
  ) {
    this.verifier = createVerifier(genesis);
  }

  async run(): Promise<VerifiedBundle> {
    const continuation = await this.takeUp();
    if (!this.verifier.isEnded) await this.download(continuation);
    this.terminal.progress('');
    const finished = this.verifier.finish();
    if (finished.ok) return finished.value;
    const { code, message } = finished.rejection;
    if (code !== 'BUNDLE_TRUNCATED')
      throw new VerificationError(code, `${this.output.file} is refused: ${message}`);
    throw new LedgerError(
      'EXPORT_INCOMPLETE',
      `the node ended the export early (${message}); run the same command again to continue`,
    );
  }

  private async takeUp(): Promise<Continuation | undefined> {
    const { options, output, verifier } = this;
    if (output.file === '-') return undefined;
    const bytes = await readFile(output.file, verifier);
    if (bytes === 0) return undefined;
    const { progress } = verifier;
    if (verifier.isEnded && progress.to !== undefined) {
      const finished = verifier.finish();
      if (finished.ok) checkRange(options, finished.value);
      await output.cut(bytes);
      return undefined;
    }
    const point = verifier.resume();
    if (point === undefined) {
      this.verifier = createVerifier(this.genesis);
      await output.cut(0);
      return undefined;
    }
    checkRange(options, point.head);
    await output.cut(point.bytes);
    this.continuedAfter = point.height;
    return new Continuation(point);
  }

  private async download(continuation: Continuation | undefined): Promise<void> {
    const { client, options, output, verifier } = this;
    const onProgress = bundleProgress(this.terminal, output.file);
    const { from, to } = continuation?.range ?? { from: options.from ?? 1, to: options.to };
    for await (const chunk of client.audit.exportBundle(from, to)) {
      const own = continuation === undefined ? chunk : continuation.rest(chunk);
      const refusal = verifier.push(own);
      if (refusal !== undefined) throw refusalToError('what the node sends', refusal);
      await output.write(own);
      onProgress(verifier.progress);
    }
  }
}

async function readGenesis(
  client: CountersignClient,
  options: ExportOptions,
  terminal: Terminal,
): Promise<Uint8Array> {
  const file = options.genesis ?? genesisFileOf(options);
  if (file !== undefined) return readInput(file);
  terminal.message("verified against the node's own genesis file; verify the bundle with yours");
  return client.genesis();
}

export function exportCommand(): Command {
  return addNodeAccess(new Command('export'))
    .description('write blocks with everything that proves them into a file, and verify them on the way')
    .option('--from <height>', 'first block (default: 1, or that of a file that is continued)', parseCount)
    .option('--to <height>', 'last block (default: the highest countersigned one)', parseCount)
    .requiredOption(
      '-o, --output <file>',
      'where to write; a file that was cut is continued; - for standard output',
    )
    .option('--genesis <file>', "genesis file (default: that of --config, else the node's own)")
    .option('--overwrite', 'begin anew even if the file holds a part of the bundle')
    .action(async (options: ExportOptions, command: Command) => {
      const terminal = terminalOf(command);
      const client = await createClient(options, 3);
      const genesis = await readGenesis(client, options, terminal);
      const output = await openOutput(options.output, options.overwrite ?? false, terminal);
      try {
        const exporting = new Export(client, genesis, options, output, terminal);
        const verified = await exporting.run();
        const { continuedAfter } = exporting;
        const summary = { file: output.file, bytes: output.bytes, ...verifiedBundleToJson(verified) };
        const told = continuedAfter === undefined ? '' : `\ncontinued      after block ${continuedAfter}`;
        const text = `${describeBundle(output.file, verified)}\nsize           ${output.bytes} bytes${told}`;
        if (output.file === '-') terminal.message(text);
        else
          terminal.data(
            { ...summary, ...(continuedAfter === undefined ? {} : { continuedAfter }) },
            () => text,
          );
      } finally {
        terminal.progress('');
        await output.close();
      }
    });
}
