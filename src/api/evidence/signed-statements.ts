/** The exact bytes under the two signatures of a piece of evidence, as its verifier builds them (protocol/pbft/evidence.ts). */
import { checkpointText } from '../../protocol/encoding/checkpoint-text.js';
import { encodeVote } from '../../protocol/encoding/vote-bytes.js';
import type { BindingVoteKind, Evidence, SignedDigest } from '../../protocol/pbft/evidence.js';
import { viewChangeDigest } from '../../protocol/pbft/view-change.js';
import { bytesToBase64 } from '../../protocol/primitives/base64.js';
import { utf8ToBytes } from '../../protocol/primitives/bytes.js';
import type { Digest, Height, PublicKey, View } from '../../protocol/primitives/identifiers.js';
import type { ApiPorts } from '../api-ports.js';
import type { SignedStatementBody } from './evidence-schemas.js';

type Statement = SignedDigest & {
  readonly kind: SignedStatementBody['kind'];
  readonly bytes: Uint8Array;
};

/** The earlier statement first where time has an order. */
export function evidenceToStatements(
  evidence: Evidence,
  publicKey: PublicKey,
  chain: ApiPorts['chain'],
): SignedStatementBody[] {
  return statementsOf(evidence, chain).map(({ kind, digest, bytes, signature }) => ({
    kind,
    digest,
    signedBytes: bytesToBase64(bytes),
    signature: bytesToBase64(signature),
    publicKey,
  }));
}

function statementsOf(evidence: Evidence, { chainId, origin }: ApiPorts['chain']): readonly Statement[] {
  const { epoch } = evidence;
  const vote = (kind: BindingVoteKind, view: View, height: Height, signed: SignedDigest): Statement => {
    const bytes = encodeVote({ kind, chainId, epoch, view, height, digest: signed.digest });
    return { ...signed, kind, bytes };
  };
  switch (evidence.type) {
    case 'conflictingVotes': {
      const { kind, view, height, first, second } = evidence;
      return [first, second].map((signed) => vote(kind, view, height, signed));
    }
    case 'conflictingCheckpoints': {
      const { height, first, second } = evidence;
      return [first, second].map((signed) => ({
        ...signed,
        kind: 'checkpoint',
        bytes: utf8ToBytes(checkpointText(origin, height, signed.digest)),
      }));
    }
    case 'concealedCommit': {
      const { commit, viewChange } = evidence;
      const digest = commit.blockHash as string as Digest;
      return [
        vote('commit', commit.view, commit.height, { digest, signature: commit.signature }),
        vote('viewChange', viewChange.view, 0, {
          digest: viewChangeDigest(viewChange.claim),
          signature: viewChange.signature,
        }),
      ];
    }
  }
}
