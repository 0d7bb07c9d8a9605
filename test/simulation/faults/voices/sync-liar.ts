/**
 * Misleads whoever catches up (CVE-2025-24371 and its like): claims heights that are not there and takes them back, lets
 * others wait, or answers with a good beginning and then rubbish.
 */
import type { PeerMessage, SyncedBlock, SyncResponse } from '../../../../src/node/ports.js';
import type { PeerIndex } from '../../../../src/protocol/primitives/identifiers.js';
import type { RandomSequence } from '../../randomness.js';
import { Voice } from './voice.js';

const RUBBISH = Uint8Array.of(1);

/** What it makes of an honest answer. */
const SYNC_LIES: Readonly<Record<string, (honest: SyncResponse) => readonly SyncResponse[]>> = {
  silence: () => [],
  'empty hands': (honest) => [{ ...honest, blocks: [] }],
  'another order': (honest) => [{ ...honest, blocks: [...honest.blocks].reverse() }],
  'other certificates': (honest) => [withBlocks(honest, withCertificateOf)],
  'bare certificates': (honest) => [withBlocks(honest, withoutSignatures)],
  'good, then rubbish': (honest) => [withBlocks(honest, withRubbishAtTheEnd)],
  'another range': (honest) => [{ ...honest, fromHeight: honest.fromHeight + 1 }],
  twice: (honest) => [honest, honest],
};
const CLAIMS = [0, 1e9] as const;

/** Names of all lies, as they are counted in the coverage of a run. */
export const SYNC_LIE_NAMES: readonly string[] = [
  ...Object.keys(SYNC_LIES),
  ...CLAIMS.map((height) => `claims ${height}`),
].map((name) => `sync lie: ${name}`);

type Change = (block: SyncedBlock, index: number, all: readonly SyncedBlock[]) => SyncedBlock;

function withBlocks(honest: SyncResponse, change: Change): SyncResponse {
  return { ...honest, blocks: honest.blocks.map(change) };
}

function withCertificateOf(block: SyncedBlock, index: number, all: readonly SyncedBlock[]): SyncedBlock {
  return { ...block, certificate: all[all.length - 1 - index]!.certificate };
}

function withoutSignatures(block: SyncedBlock): SyncedBlock {
  return { ...block, certificate: { ...block.certificate, signatures: [] } };
}

function withRubbishAtTheEnd(
  synced: SyncedBlock,
  index: number,
  { length }: readonly SyncedBlock[],
): SyncedBlock {
  return 2 * index < length - 1 ? synced : { ...synced, block: { ...synced.block, body: RUBBISH } };
}

export class SyncLiar extends Voice {
  protected override wordsFor(to: PeerIndex, message: PeerMessage): readonly PeerMessage[] {
    const isAnswer = message.type === 'syncResponse' || message.type === 'blockReply';
    const random = this.lie(message, to, isAnswer ? 0.7 : 0.1);
    if (random === undefined) return [message];
    switch (message.type) {
      case 'syncResponse':
        return this.wrong(message, random);
      case 'blockReply':
        return random.pick([[], [{ ...message, block: { ...message.block, body: RUBBISH } }]]);
      case 'status': {
        const height = random.pick(CLAIMS);
        this.cluster.trace.cover(`sync lie: claims ${height}`);
        return [{ ...message, committedHeight: height, executedHeight: height }];
      }
      default:
        return [message];
    }
  }

  private wrong(message: SyncResponse, random: RandomSequence): readonly PeerMessage[] {
    const [name, lie] = random.pick(Object.entries(SYNC_LIES));
    this.cluster.trace.cover(`sync lie: ${name}`);
    return lie(message);
  }
}
