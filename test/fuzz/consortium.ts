/** The seven validators of the recorded runs, with real keys in place of the simulated ones. */
import { createVerificationContext } from '../../src/node/verification-context.js';
import { messageLimits, type MessageLimits } from '../../src/network/message-mapping/message-limits.js';
import { ed25519Verifier, publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import { DEFAULT_PARAMETERS } from '../../src/protocol/ledger/genesis-parameters.js';
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import type { MessageContext } from '../../src/protocol/pbft/certificate.js';
import type { ChainId, Signature, ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';
import { isBodyBound } from '../simulation/twins/block-body.js';
import { testSeed } from '../support/signed-transactions.js';
import { SignatureWriter, type Sign } from './signatures.js';
import { EpochHistory } from '../../src/node/epochs/epoch-history.js';

/** Seven tolerate two faults: the one whose messages are changed, and the one that lives on beside its own recording. */
export const VALIDATORS = 7;
const ORIGIN = 'countersign/fuzz/c0c0c0c0c0c0c0c0';

const seeds = Array.from({ length: VALIDATORS }, (_, index) => testSeed(`fuzz ${index}`));
const validators = seeds.map((seed, index) => ({
  organisation: `org-${index}`,
  ledgerKey: publicKeyOfSeed(seed),
}));

export interface Consortium {
  readonly genesis: Genesis;
  readonly context: MessageContext;
  readonly limits: MessageLimits;
}

/** The one whose recorded chain this is. */
export function consortiumOf(chainId: ChainId, pipelineDepth: number): Consortium {
  const parameters = { ...DEFAULT_PARAMETERS, pipelineDepth };
  const genesis = { chainId, name: 'fuzz', origin: ORIGIN, parameters, organisations: [], validators };
  return {
    genesis,
    context: {
      ...createVerificationContext(genesis, new EpochHistory(genesis), ed25519Verifier),
      isBodyBound,
    },
    limits: messageLimits(VALIDATORS, parameters),
  };
}

export function signAs(signer: ValidatorIndex, bytes: Uint8Array): Signature {
  const seed = seeds[signer];
  if (seed === undefined) throw new RangeError(`no validator ${signer}`);
  return signMessage(seed, bytes);
}

export function signatureWriter({ genesis }: Consortium, sign: Sign): SignatureWriter {
  return new SignatureWriter({ ...genesis, validatorCount: VALIDATORS }, sign);
}
