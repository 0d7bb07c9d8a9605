/** `verify bundle`: checks exported blocks offline, one file or several that go on where the one before ended. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { verifyBundle, type BundlePlace, type BundleProgress, type VerifiedBundle } from '../../sdk/index.js';
import { VerificationError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { terminalOf, type Terminal } from '../terminal.js';

const CHUNK_BYTES = 1_048_576;
const SHOWN_EVERY_MS = 200;

/** Shows how far a bundle has been read, a few times a second. */
export function bundleProgress(terminal: Terminal, what: string): (progress: BundleProgress) => void {
  let shownAt = 0;
  return ({ height = 0, to = 0, records }) => {
    const now = Date.now();
    if (now - shownAt < SHOWN_EVERY_MS) return;
    shownAt = now;
    terminal.progress(`${what}: block ${height} of ${to}, ${records} records`);
  };
}

function openFile(file: string): Readable {
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES });
  if (!file.endsWith('.gz')) return source;
  const gunzip = createGunzip();
  source.on('error', (error: Error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

/** The bytes of a file, or of what `gzip` made of it. Throws LedgerError FILE_UNREADABLE. */
export async function* fileChunks(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of openFile(file)) yield chunk as Buffer;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('FILE_UNREADABLE', `${file} cannot be read (${reason}); check the path`, { cause });
  }
}

export function verifiedBundleToJson(verified: VerifiedBundle): object {
  const { end: _end, fromTimestampMs, toTimestampMs, ...shown } = verified;
  const [fromTime, toTime] = [fromTimestampMs, toTimestampMs].map((ms) => new Date(ms).toISOString());
  return { ...shown, fromTime, toTime };
}

export function describeBundle(file: string, verified: VerifiedBundle): string {
  const { from, to, blocks, transactions, records, checkpoint, signers, epoch } = verified;
  const [first, last] = [verified.fromTimestampMs, verified.toTimestampMs].map((ms) =>
    new Date(ms).toISOString(),
  );
  return [
    `${file} is genuine`,
    `blocks         ${from} to ${to} (${blocks}), ${first} to ${last}`,
    `content        ${transactions} transactions, ${records} records`,
    `countersigned  ${signers.join(', ')} at height ${checkpoint.height}, epoch ${epoch}`,
    `chain id       ${verified.chainId}`,
  ].join('\n');
}

/** Throws VerificationError; the message names line and height. */
async function verifyFile(
  file: string,
  genesis: Uint8Array,
  follows: BundlePlace | undefined,
  terminal: Terminal,
): Promise<VerifiedBundle> {
  const onProgress = bundleProgress(terminal, file);
  const options = { onProgress, ...(follows === undefined ? {} : { follows }) };
  const verified = await verifyBundle(fileChunks(file), genesis, options);
  terminal.progress('');
  if (verified.ok) return verified.value;
  const { code, message } = verified.rejection;
  throw new VerificationError(code, `${file} is refused: ${message}`);
}

export function verifyBundleCommand(): Command {
  return new Command('bundle')
    .description('verify exported blocks offline: one bundle, or several in the order of their heights')
    .argument('<file...>', 'bundles, also compressed as .gz; - for standard input')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign verify bundle ledger.ndjson --genesis genesis.json\n  countersign verify bundle january.ndjson.gz february.ndjson --genesis genesis.json',
    )
    .action(async (files: readonly string[], _options: object, command: Command) => {
      const terminal = terminalOf(command);
      const genesis = await readInput(command.optsWithGlobals<{ readonly genesis: string }>().genesis);
      const verified: { readonly file: string; readonly bundle: VerifiedBundle }[] = [];
      for (const file of files) {
        const bundle = await verifyFile(file, genesis, verified.at(-1)?.bundle.end, terminal);
        verified.push({ file, bundle });
      }
      const shown = verified.map(({ file, bundle }) => ({ file, ...verifiedBundleToJson(bundle) }));
      terminal.data(shown.length === 1 ? shown[0] : shown, () =>
        verified.map(({ file, bundle }) => describeBundle(file, bundle)).join('\n\n'),
      );
    });
}
