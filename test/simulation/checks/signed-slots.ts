/**
 * Watches the keys of correct validators: never two different signatures for one slot, across crashes (PBFT-VOTE-3), and
 * none before its record is durable (PBFT-GATE-1). Reads the signed bytes with its own eyes.
 */
import { bytesToHex, parseUtf8 } from '../../../src/protocol/primitives/bytes.js';
import type { JournalRecord } from '../../../src/protocol/pbft/effect.js';
import type { ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
import type { SimulatedDisk } from '../twins/simulated-journal.js';

const VOTE_BYTES = 126;
const KIND_NAMES = ['', 'propose', 'prepare', 'commit'] as const;

export interface SignedThing {
  readonly kind: 'propose' | 'prepare' | 'commit' | 'checkpoint';
  readonly epoch: number;
  readonly view: number;
  readonly height: number;
  readonly digest: string;
}

/** What signed bytes say; throws when they are none of the protocol's. */
export function readSignedBytes(bytes: Uint8Array): SignedThing {
  if (bytes.length === VOTE_BYTES && parseUtf8(bytes.subarray(0, 5)) === 'PBFT1') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const kind = KIND_NAMES[bytes[5] ?? 0];
    if (kind === undefined || kind === '') throw new RangeError(`vote kind ${bytes[5] ?? 0}`);
    return {
      kind,
      epoch: Number(view.getBigUint64(38)),
      view: Number(view.getBigUint64(46)),
      height: Number(view.getBigUint64(54)),
      digest: bytesToHex(bytes.subarray(62, 94)),
    };
  }
  const [, size, root] = (parseUtf8(bytes) ?? '').split('\n');
  if (size === undefined || root === undefined) throw new RangeError('neither a vote nor a checkpoint');
  return { kind: 'checkpoint', epoch: 0, view: 0, height: Number(size) - 1, digest: root };
}

function permits(record: JournalRecord, thing: SignedThing): boolean {
  switch (record.type) {
    case 'prepared':
      return (
        (thing.kind === 'propose' || thing.kind === 'prepare') &&
        record.view === thing.view &&
        record.block.hash === thing.digest
      );
    case 'locked':
      return (
        thing.kind === 'commit' &&
        record.certificate.view === thing.view &&
        record.certificate.blockHash === thing.digest
      );
    case 'checkpointSigned':
      return thing.kind === 'checkpoint' && record.height === thing.height;
    case 'committed':
      return false;
  }
}

/** True when the durable part of the journal permits the signature. */
export function isPermitted(disk: SimulatedDisk, thing: SignedThing): boolean {
  for (let index = disk.durable - 1; index >= 0; index--) {
    if (permits(disk.records[index]!, thing)) return true;
  }
  return false;
}

export class SignedSlots {
  private readonly slots = new Map<string, string>();

  /** What is wrong with the signature that a correct validator is about to make, or `undefined`. */
  findProblem(index: ValidatorIndex, bytes: Uint8Array, disk: SimulatedDisk): string | undefined {
    const thing = readSignedBytes(bytes);
    const slot = `${index} ${thing.kind} ${thing.epoch}/${thing.view}/${thing.height}`;
    const earlier = this.slots.get(slot);
    if (earlier !== undefined && earlier !== thing.digest) return `EQUIVOCATION by correct validator ${slot}`;
    this.slots.set(slot, thing.digest);
    return isPermitted(disk, thing) ? undefined : `DURABILITY: ${slot} signed before its record is durable`;
  }
}
