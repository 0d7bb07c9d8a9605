/**
 * Watches the keys of correct validators: never two different signatures for one slot, across crashes (PBFT-VOTE-3), none
 * before its record is durable (PBFT-GATE-1), and no vote of a view that was left (PBFT-VIEW-3). Reads the signed bytes with
 * its own eyes.
 */
import { bytesToHex, parseUtf8 } from '../../../src/protocol/primitives/bytes.js';
import type { JournalRecord } from '../../../src/protocol/pbft/effect.js';
import { newViewDigest, viewChangeDigest } from '../../../src/protocol/pbft/view-change.js';
import type { PeerIndex } from '../../../src/protocol/primitives/identifiers.js';
import type { SimulatedDisk } from '../twins/simulated-journal.js';

const VOTE_BYTES = 126;
const KIND_NAMES = ['', 'propose', 'prepare', 'commit', '', 'suspect', 'viewChange', 'newView'] as const;
type SignedKind = Exclude<(typeof KIND_NAMES)[number], ''> | 'checkpoint';

export interface SignedThing {
  readonly kind: SignedKind;
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
    case 'viewLeft':
      return (
        thing.kind === 'viewChange' &&
        record.content.view === thing.view &&
        viewChangeDigest(record.content) === thing.digest
      );
    case 'viewEntered':
      return (
        thing.kind === 'newView' &&
        record.view === thing.view &&
        newViewDigest(record.changes) === thing.digest
      );
    case 'committed':
    case 'endCertified':
      return false;
  }
}

/** True when the durable part of the journal permits the signature; a suspicion binds to nothing and needs no record. */
export function isPermitted(disk: SimulatedDisk, thing: SignedThing): boolean {
  if (thing.kind === 'suspect') return true;
  for (let index = disk.durable - 1; index >= 0; index--) {
    if (permits(disk.records[index]!, thing)) return true;
  }
  return false;
}

function slotOf(index: PeerIndex, { kind, epoch, view, height }: SignedThing): string {
  return `${index} ${kind} ${epoch}/${view}/${height}`;
}

export class SignedSlots {
  private readonly slots = new Map<string, string>();
  /** By key and epoch, the highest view for which a VIEWCHANGE was signed. */
  private readonly changedTo = new Map<string, number>();

  /** True when `bytes` say something else than what was signed for the same slot. */
  contradicts(index: PeerIndex, bytes: Uint8Array): boolean {
    const thing = readSignedBytes(bytes);
    const earlier = this.slots.get(slotOf(index, thing));
    return earlier !== undefined && earlier !== thing.digest;
  }

  /** What is wrong with the signature that a correct validator is about to make, or `undefined`. */
  findProblem(index: PeerIndex, bytes: Uint8Array, disk: SimulatedDisk): string | undefined {
    const thing = readSignedBytes(bytes);
    const slot = slotOf(index, thing);
    const earlier = this.slots.get(slot);
    if (earlier !== undefined && earlier !== thing.digest) return `EQUIVOCATION by correct validator ${slot}`;
    this.slots.set(slot, thing.digest);
    const epoch = `${index} ${thing.epoch}`;
    const changedTo = this.changedTo.get(epoch) ?? 0;
    if (thing.kind === 'viewChange') this.changedTo.set(epoch, Math.max(changedTo, thing.view));
    if ((thing.kind === 'prepare' || thing.kind === 'commit') && thing.view < changedTo)
      return `ABANDONED VIEW: ${slot} after its view change to ${changedTo}`;
    return isPermitted(disk, thing) ? undefined : `DURABILITY: ${slot} signed before its record is durable`;
  }
}
