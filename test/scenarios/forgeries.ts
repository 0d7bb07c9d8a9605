/** What a script has said with somebody's key behind the back of its replica: blocks, proposals, votes and new views. */
import type { Block } from '../../src/protocol/ledger/block.js';
import { primaryOf } from '../../src/protocol/ledger/validator-set.js';
import type { ProposalRequest, SignRequest } from '../../src/protocol/pbft/effect.js';
import type { NewView, PrePrepare, Vote } from '../../src/protocol/pbft/message.js';
import { signBytes } from '../../src/protocol/pbft/sign-bytes.js';
import { newViewDigest, type ViewChange } from '../../src/protocol/pbft/view-change.js';
import {
  ZERO_DIGEST,
  type BlockHash,
  type ChainId,
  type Height,
  type Signature,
  type ValidatorIndex,
  type View,
} from '../../src/protocol/primitives/identifiers.js';
import { createBlock } from '../simulation/twins/block-body.js';
import { simulatedKey, type SimulatedKeyring } from '../simulation/twins/simulated-keyring.js';

export const CHAIN_ID = 'c0'.repeat(32) as ChainId;
export const ORIGIN = 'countersign/scenario/c0c0c0c0c0c0c0c0';

/** A block as the node of `proposer` would build it for the request. */
export function scriptedBlock(
  proposer: ValidatorIndex,
  request: ProposalRequest,
  transactions: readonly string[],
): Block {
  return createBlock(
    {
      chainId: CHAIN_ID,
      epoch: request.epoch,
      height: request.height,
      originView: request.view,
      proposer,
      parentHash: request.parentHash,
      resultRoot: ZERO_DIGEST,
      validatorsDigest: ZERO_DIGEST,
      nextValidatorsDigest: ZERO_DIGEST,
      timestampMs: request.parentTimestampMs + 1,
      epochFinal: false,
    },
    transactions,
  );
}

export function sign(keyring: SimulatedKeyring, signer: ValidatorIndex, request: SignRequest): Signature {
  return keyring.sign(simulatedKey(signer), signBytes(request, CHAIN_ID, ORIGIN));
}

/** A proposal of view 0, signed with the key of its primary. */
export function forgeProposal(
  keyring: SimulatedKeyring,
  height: Height,
  parentHash: BlockHash,
  transactions: readonly string[],
): PrePrepare {
  const proposer = primaryOf(keyring.validators.length, 0, 0);
  const place = { epoch: 0, view: 0, height };
  const request = {
    ...place,
    parentHash,
    parentTimestampMs: height,
    ancestors: [],
    epochFinal: false,
    isDue: false,
  };
  const block = scriptedBlock(proposer, request, transactions);
  const signature = sign(keyring, proposer, { type: 'propose', ...place, blockHash: block.hash });
  return { type: 'prePrepare', epoch: 0, view: 0, block, signature };
}

/** A vote of view 0. */
export function forgeVote(
  keyring: SimulatedKeyring,
  signer: ValidatorIndex,
  kind: 'prepare' | 'commit',
  height: Height,
  blockHash: BlockHash,
): Vote {
  const request = { type: 'vote', kind, epoch: 0, view: 0, height, blockHash } as const;
  return { ...request, signer, signature: sign(keyring, signer, request) };
}

/** A NEWVIEW, rightly signed by the primary of its view, over view changes from which the tips are taken away. */
export function forgeNewView(keyring: SimulatedKeyring, view: View, told: readonly ViewChange[]): NewView {
  const primary = primaryOf(keyring.validators.length, 0, view);
  const changes = told.map((change) => ({ ...change, tips: [] }));
  const digest = newViewDigest(changes);
  const signature = sign(keyring, primary, { type: 'newView', epoch: 0, view, digest });
  return { type: 'newView', epoch: 0, view, changes, signature };
}
