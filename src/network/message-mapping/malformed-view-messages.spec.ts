import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { sampleHeader, sampleTimeout, sampleViewChange } from '../../../test/support/journal-samples.js';
import { sampleEvidence } from '../../../test/support/peer-message-samples.js';
import {
  PeerMessageSchema,
  StatementKind,
  VoteKind,
} from '../../protocol/encoding/generated/countersign/v1/peer_pb.js';
import { encodeHeader } from '../../protocol/ledger/block-header.js';
import { ORGANISATIONS_MAX } from '../../protocol/ledger/genesis.js';
import { DEFAULT_PARAMETERS } from '../../protocol/ledger/genesis-parameters.js';
import { evidenceToFields } from '../../protocol/pbft/wire/evidence-fields.js';
import {
  newViewToFields,
  timeoutCertificateToFields,
  viewChangeToFields,
} from '../../protocol/pbft/wire/view-change-fields.js';
import { decodeMessage } from './decode-message.js';
import { messageLimits } from './message-limits.js';

type Content = NonNullable<MessageInitShape<typeof PeerMessageSchema>['message']>;

const limits = messageLimits(4, DEFAULT_PARAMETERS);
const header = encodeHeader(sampleHeader(12));
const signature = new Uint8Array(64);
const vote = {
  kind: VoteKind.PREPARE,
  epoch: 0n,
  view: 1n,
  height: 5n,
  blockHash: new Uint8Array(32),
  signer: 3,
  signature,
};
const suspect = { epoch: 0n, view: 2n, signer: 3, signature };
const timeout = timeoutCertificateToFields(sampleTimeout(2));
const change = viewChangeToFields(sampleViewChange(3));
const newView = newViewToFields({
  epoch: 0,
  view: 3,
  changes: [0, 2, 3].map((signer) => sampleViewChange(3, signer)),
  signature,
});
const [votesEvidence, , concealedCommit] = sampleEvidence().map(evidenceToFields);

const malformed: readonly [string, string, Content][] = [
  [
    'a suspect beyond every set',
    'signer',
    { case: 'suspect', value: { ...suspect, signer: ORGANISATIONS_MAX } },
  ],
  ['a suspect of a view beyond 2^53', 'view', { case: 'suspect', value: { ...suspect, view: 2n ** 53n } }],
  [
    'a suspect with a short signature',
    'signature',
    { case: 'suspect', value: { ...suspect, signature: new Uint8Array(63) } },
  ],
  ['a view change without its reason', 'timeout', { case: 'viewChange', value: { change } }],
  ['a reason without view change', 'change', { case: 'viewChange', value: { timeout } }],
  [
    'a reason without signatures',
    'signatures',
    { case: 'viewChange', value: { timeout: { ...timeout, signatures: [] }, change } },
  ],
  [
    'a view change by nobody',
    'signer',
    { case: 'viewChange', value: { timeout, change: { ...change, signer: ORGANISATIONS_MAX } } },
  ],
  [
    'a view change with too many tips',
    'tips',
    {
      case: 'viewChange',
      value: { timeout, change: { ...change, tips: Array.from({ length: 9 }, () => change.tips[0]!) } },
    },
  ],
  [
    'a tip with too many headers',
    'tips[0].headers',
    {
      case: 'viewChange',
      value: {
        timeout,
        change: {
          ...change,
          tips: [{ ...change.tips[0]!, headers: Array.from({ length: 9 }, () => header) }],
        },
      },
    },
  ],
  [
    'a new view without signature',
    'signature',
    { case: 'newView', value: { ...newView, signature: new Uint8Array() } },
  ],
  ['a new view of nothing', 'changes', { case: 'newView', value: { ...newView, changes: [] } }],
  [
    'a new view whose signers do not ascend',
    'changes',
    { case: 'newView', value: { ...newView, changes: newView.changes.toReversed() } },
  ],
  ['an echo of two votes of one kind', 'kind', { case: 'echo', value: { votes: [vote, vote] } }],
  [
    'an echo of three votes',
    'votes',
    { case: 'echo', value: { votes: [vote, vote, { ...vote, kind: VoteKind.COMMIT }] } },
  ],
  [
    'an echo of a bad vote',
    'signer',
    { case: 'echo', value: { votes: [{ ...vote, signer: ORGANISATIONS_MAX }] } },
  ],
  [
    'an echo of a bad view change',
    'base',
    { case: 'echo', value: { change: { ...change, base: undefined } } },
  ],
  ['evidence of nothing', 'evidence', { case: 'evidence', value: { offender: 1 } }],
  [
    'evidence against nobody',
    'offender',
    { case: 'evidence', value: { ...votesEvidence, offender: ORGANISATIONS_MAX } },
  ],
  [
    'evidence of an unknown kind',
    'kind',
    {
      case: 'evidence',
      value: {
        evidence: {
          case: 'conflictingVotes',
          value: { ...votesEvidence!.evidence.value, kind: StatementKind.UNSPECIFIED },
        },
      },
    },
  ],
  [
    'evidence of a base without certificate',
    'base_certificate',
    {
      case: 'evidence',
      value: {
        evidence: {
          case: 'concealedCommit',
          value: { ...concealedCommit!.evidence.value, baseCertificate: undefined },
        },
      },
    },
  ],
];

describe('mapping of view changes and evidence', () => {
  it.each(malformed)('refuses %s and names the field', (_what, field, message) => {
    const bytes = toBinary(PeerMessageSchema, create(PeerMessageSchema, { message }));
    expect(decodeMessage(bytes, limits)).toMatchObject({
      ok: false,
      rejection: { code: 'MESSAGE_MALFORMED', message: expect.stringContaining(field) },
    });
  });
});
