/** What the four example organisations say in epoch 0, see epoch-voices.ts. */
import { BlockContents } from '../../../src/node/proposal/block-contents.js';
import { createVerificationContext } from '../../../src/node/verification-context.js';
import { ed25519Verifier } from '../../../src/protocol/crypto/ed25519.js';
import type { Block } from '../../../src/protocol/ledger/block.js';
import { EpochHistory } from '../../../src/node/epochs/epoch-history.js';
import type { MessageContext } from '../../../src/protocol/pbft/certificate.js';
import { testGenesis } from '../signed-transactions.js';
import { EpochVoices, GENESIS_HASH } from './epoch-voices.js';

export { GENESIS_BASE, GENESIS_HASH, testRoot } from './epoch-voices.js';

/** L is 2: small enough to be reached, and a window of 6 heights. */
export const genesis = testGenesis({ pipelineDepth: 2 });
export const founders = new EpochVoices(
  genesis,
  0,
  1,
  genesis.validators.map(({ organisation }, peer) => ({ organisation, keyName: organisation, peer })),
);
export const VALIDATORS = founders.validators.length;

const BLOCKS_OPENED_MAX = 64;
const epochs = new EpochHistory(genesis);
const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, epochs, BLOCKS_OPENED_MAX);

export const messageContext: MessageContext = {
  ...createVerificationContext(genesis, epochs, ed25519Verifier),
  isBodyBound: (block) => contents.isBodyBound(block),
};

/** The same for whoever knows these epochs, oldest first; each goes up to the beginning of the next one. */
export function contextOf(epochs: readonly EpochVoices[]): MessageContext {
  return {
    ...messageContext,
    validatorsIn: (epoch) => epochs.find((voices) => voices.epoch === epoch)?.validators,
    isInEpoch: (height, epoch) =>
      height > 0 && epochs.findLast(({ firstHeight }) => height >= firstHeight)?.epoch === epoch,
  };
}

export const {
  signBytesAs,
  signAs,
  testBlock,
  proposalOf,
  voteOf,
  certificateOf,
  decidedOf,
  lineOf,
  checkpointOf,
  certifiedOf,
  suspectOf,
  timeoutOf,
  baseOf,
  tipOf,
  changeOf,
  viewChangeOf,
  newViewOf,
  echoOf,
} = founders;

/** Blocks 1 to `count`, each on the one before. */
export function testChain(count: number, view = 0): readonly Block[] {
  const blocks: Block[] = [];
  for (let height = 1; height <= count; height++) {
    blocks.push(testBlock(height, blocks.at(-1)?.hash ?? GENESIS_HASH, 0, view));
  }
  return blocks;
}
