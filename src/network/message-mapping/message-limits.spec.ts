import { describe, expect, it } from '@jest/globals';
import { sampleBlock } from '../../../test/support/journal-samples.js';
import type { PeerMessage } from '../../node/ports.js';
import { ORGANISATIONS_MAX } from '../../protocol/ledger/genesis.js';
import { DEFAULT_PARAMETERS, type GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import type { QuorumCertificate, VoteKind } from '../../protocol/pbft/certificate.js';
import { LACKED_ENDS_MAX, type Vote } from '../../protocol/pbft/message.js';
import type { ViewChange } from '../../protocol/pbft/view-change.js';
import type { BlockHash, Digest } from '../../protocol/primitives/identifiers.js';
import { quorumSize } from '../../protocol/primitives/quorum.js';
import { decodeMessage } from './decode-message.js';
import { encodeMessage } from './encode-message.js';
import { MESSAGE_BYTES_MAX, messageLimits, SYNC_BLOCKS_MAX, widerLimits } from './message-limits.js';

const MOST = Number.MAX_SAFE_INTEGER;
const signature = new Uint8Array(64).fill(0xff);
const hash = 'f'.repeat(64);
const blockHash = hash as BlockHash;
const digest = hash as Digest;
const at = { epoch: MOST, view: MOST, height: MOST };
const header = {
  ...sampleBlock(1).header,
  height: MOST,
  epoch: MOST,
  originView: MOST,
  timestampMs: MOST,
};

/** The longest of each kind that a correct member of `validators` sends, and longer than it ever will. */
function longestMessages(validators: number, pipelineDepth: number): PeerMessage[] {
  const quorum = quorumSize(validators);
  const signatures = Array.from({ length: quorum }, (_, index) => ({
    signer: validators - quorum + index,
    signature,
  }));
  const certificate = (kind: VoteKind): QuorumCertificate => ({ kind, ...at, blockHash, signatures });
  const hashed = { header, hash: sampleBlock(1).hash };
  const tip = {
    view: MOST,
    height: MOST,
    blockHash,
    certificate: certificate('prepare'),
    headers: Array.from({ length: pipelineDepth }, () => hashed),
  };
  const change = (signer: number): ViewChange => ({
    epoch: MOST,
    view: MOST,
    base: { height: MOST, blockHash, certificate: certificate('commit') },
    tips: Array.from({ length: pipelineDepth }, () => tip),
    signer,
    signature,
  });
  const vote = (kind: VoteKind): Vote => ({
    type: 'vote',
    kind,
    ...at,
    blockHash,
    signer: validators - 1,
    signature,
  });
  const bits = Array.from({ length: validators }, () => true);
  const heights = Array.from({ length: 3 * pipelineDepth }, () => bits);
  const point = { view: MOST, height: MOST, blockHash };
  return [
    { type: 'suspect', epoch: MOST, view: MOST, signer: validators - 1, signature },
    {
      type: 'viewChange',
      timeout: { epoch: MOST, view: MOST, signatures },
      change: change(validators - 1),
    },
    {
      type: 'newView',
      epoch: MOST,
      view: MOST,
      changes: signatures.map(({ signer }) => change(signer)),
      signature,
    },
    { type: 'echo', epoch: MOST, votes: [vote('prepare'), vote('commit')], change: change(validators - 1) },
    {
      type: 'evidence',
      evidence: {
        type: 'concealedCommit',
        offender: validators - 1,
        epoch: MOST,
        commit: { ...point, signature },
        viewChange: {
          view: MOST,
          claim: {
            base: { height: MOST, blockHash },
            tips: Array.from({ length: pipelineDepth }, () => point),
          },
          signature,
        },
        baseCertificate: certificate('commit'),
      },
    },
    {
      type: 'evidence',
      evidence: {
        type: 'conflictingVotes',
        offender: validators - 1,
        kind: 'commit',
        ...at,
        first: { digest, signature },
        second: { digest, signature },
      },
    },
    {
      type: 'status',
      epoch: MOST,
      view: MOST,
      phase: 'changing',
      standing: 'quarantined',
      committedHeight: MOST,
      acceptedHeight: MOST,
      proposalHeight: MOST,
      preparedHeight: MOST,
      executedHeight: MOST,
      certifiedHeight: MOST,
      lackedEnds: Array.from({ length: LACKED_ENDS_MAX }, () => MOST),
      prepareVotes: heights,
      commitVotes: heights,
      viewChanges: bits,
      clockMs: MOST,
      mempoolTransactions: 0xffff_ffff,
    },
  ];
}

describe('message limits', () => {
  it.each([
    [1, 1],
    [1, 32],
    [4, 8],
    [31, 8],
    [100, 1],
    [100, 8],
  ])('of %s validators with L = %s leave room for the longest message', (validators, pipelineDepth) => {
    const limits = messageLimits(validators, { ...DEFAULT_PARAMETERS, pipelineDepth });
    for (const message of longestMessages(validators, pipelineDepth)) {
      const bytes = encodeMessage(message);
      expect(bytes.length).toBeLessThanOrEqual(limits.bytesMax[message.type]);
      const decoded = decodeMessage(bytes, limits);
      expect(decoded).toMatchObject({ ok: true, value: { type: message.type } });
    }
    for (const bytesMax of Object.values(limits.bytesMax)) {
      expect(bytesMax).toBeLessThanOrEqual(limits.messageBytesMax);
    }
  });

  it('have room for what tells a node that lags behind, of whatever set', () => {
    const limits = messageLimits(1, DEFAULT_PARAMETERS);
    const signatures = Array.from({ length: ORGANISATIONS_MAX }, (_, signer) => ({ signer, signature }));
    const commit = { kind: 'commit', epoch: MOST, view: MOST, height: MOST, blockHash, signatures } as const;
    const checkpoint = { height: MOST, root: digest, signatures };
    const { header, hash } = sampleBlock(12);
    const status = longestMessages(ORGANISATIONS_MAX, DEFAULT_PARAMETERS.pipelineDepth).at(-1)!;
    const messages: readonly PeerMessage[] = [
      { type: 'decided', header, blockHash: hash, certificate: commit },
      { type: 'checkpointCertified', epoch: MOST, certificate: checkpoint },
      {
        type: 'syncResponse',
        fromHeight: 12,
        blocks: Array.from({ length: SYNC_BLOCKS_MAX }, () => ({
          block: sampleBlock(12),
          certificate: commit,
          checkpoint,
        })),
      },
      status,
    ];
    for (const message of messages) {
      const bytes = encodeMessage(message);
      const decoded = decodeMessage(bytes, limits);
      expect(decoded.ok && Buffer.compare(encodeMessage(decoded.value as PeerMessage), bytes)).toBe(0);
    }
  });

  it('are the wider of what was told before and now', () => {
    const parameters = (change: Partial<GenesisParameters>) => ({ ...DEFAULT_PARAMETERS, ...change });
    const before = { validators: 7, parameters: parameters({ pipelineDepth: 4, blockBytesMax: 2_000_000 }) };
    const now = { validators: 4, parameters: parameters({ pipelineDepth: 16, blockBytesMax: 1_048_576 }) };
    const wider = { validators: 7, parameters: parameters({ pipelineDepth: 16, blockBytesMax: 2_000_000 }) };
    expect([widerLimits(before, now), widerLimits(now, before)]).toEqual([wider, wider]);
    expect(messageLimits(wider.validators, wider.parameters).messageBytesMax).toBeLessThanOrEqual(
      MESSAGE_BYTES_MAX,
    );
    expect(MESSAGE_BYTES_MAX).toBeLessThan(64 * 1024 * 1024);
  });

  it('grow with L and the validators, and stay in proportion', () => {
    const bytesMax = (validators: number, pipelineDepth: number) =>
      messageLimits(validators, { ...DEFAULT_PARAMETERS, pipelineDepth }).bytesMax;
    expect(bytesMax(4, 8).newView).toBeLessThan(128 * 1024);
    expect(bytesMax(4, 8).evidence).toBeLessThan(2 * 1024);
    expect(bytesMax(4, 8).echo).toBeLessThan(bytesMax(4, 8).viewChange);
    expect(bytesMax(7, 8).newView).toBeGreaterThan(bytesMax(4, 8).newView);
    expect(bytesMax(4, 16).viewChange).toBeGreaterThan(bytesMax(4, 8).viewChange);
    // The largest consortium that a genesis file may describe.
    expect(bytesMax(100, 32).newView).toBeLessThan(64 * 1024 * 1024);
  });
});
