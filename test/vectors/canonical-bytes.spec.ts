import { describe, expect, test } from '@jest/globals';
import { checkpointOrigin, checkpointText } from '../../src/protocol/encoding/checkpoint-text.js';
import {
  encodeNewViewClaim,
  encodeViewChangeClaim,
  type ViewChangeClaim,
} from '../../src/protocol/encoding/view-change-bytes.js';
import { encodeVote, VOTE_BYTES, type VoteContent } from '../../src/protocol/encoding/vote-bytes.js';
import {
  decodeHeader,
  encodeHeader,
  hashHeader,
  type BlockHeader,
} from '../../src/protocol/ledger/block-header.js';
import {
  decodeResultRecord,
  encodeResultRecord,
  type ResultRecord,
} from '../../src/protocol/ledger/result-record.js';
import { validatorSetDigest, type ValidatorSet } from '../../src/protocol/ledger/validator-set.js';
import { newViewDigest, viewChangeDigest } from '../../src/protocol/pbft/view-change.js';
import { bytesToHex, hexToBytes } from '../../src/protocol/primitives/bytes.js';
import type { ChainId, Digest } from '../../src/protocol/primitives/identifiers.js';
import { accept } from '../../src/protocol/primitives/rejection.js';
import { readVectors } from '../support/vector-files.js';

interface CanonicalBytes {
  readonly headers: readonly { header: BlockHeader; bytes: string; hash: string }[];
  readonly votes: readonly { vote: VoteContent; bytes: string }[];
  readonly resultRecords: readonly { record: ResultRecord; bytes: string }[];
  readonly validatorSets: readonly { validators: ValidatorSet; digest: string }[];
  readonly viewChanges: readonly { claim: ViewChangeClaim; bytes: string; digest: string }[];
  readonly newViews: readonly {
    changes: readonly (ViewChangeClaim & { readonly signer: number })[];
    bytes: string;
    digest: string;
  }[];
  readonly checkpointTexts: readonly {
    consortium: string;
    chainId: ChainId;
    height: number;
    root: Digest;
    origin: string;
    text: string;
  }[];
}

const vectors = readVectors<CanonicalBytes>('canonical-bytes');

describe('canonical bytes, known answers', () => {
  test.each(vectors.headers)('header of height $header.height', ({ header, bytes, hash }) => {
    expect(bytesToHex(encodeHeader(header))).toBe(bytes);
    expect(hashHeader(header)).toBe(hash);
    expect(decodeHeader(hexToBytes(bytes))).toEqual(accept(header));
  });

  test.each(vectors.votes)('vote $vote.kind', ({ vote, bytes }) => {
    expect(bytesToHex(encodeVote(vote))).toBe(bytes);
    expect(bytes.length).toBe(2 * VOTE_BYTES);
  });

  test.each(vectors.resultRecords)('result record of height $record.height', ({ record, bytes }) => {
    expect(bytesToHex(encodeResultRecord(record))).toBe(bytes);
    expect(decodeResultRecord(hexToBytes(bytes))).toEqual(accept(record));
  });

  test.each(vectors.validatorSets)('validator set $digest', ({ validators, digest }) => {
    expect(validatorSetDigest(validators)).toBe(digest);
  });

  test.each(vectors.viewChanges)('view change $digest', ({ claim, bytes, digest }) => {
    expect(bytesToHex(encodeViewChangeClaim(claim))).toBe(bytes);
    expect(viewChangeDigest(claim)).toBe(digest);
  });

  test.each(vectors.newViews)('new view $digest', ({ changes, bytes, digest }) => {
    const claims = changes.map((change) => ({ signer: change.signer, digest: viewChangeDigest(change) }));
    expect(bytesToHex(encodeNewViewClaim(claims))).toBe(bytes);
    expect(newViewDigest(changes)).toBe(digest);
  });

  test.each(vectors.checkpointTexts)('checkpoint text of $origin at $height', (vector) => {
    expect(checkpointOrigin(vector.consortium, vector.chainId)).toBe(vector.origin);
    expect(checkpointText(vector.origin, vector.height, vector.root)).toBe(vector.text);
  });
});
