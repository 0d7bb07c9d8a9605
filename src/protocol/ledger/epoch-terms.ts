/**
 * What holds in an epoch: who votes, and under which parameters. Both change with an epoch and never within one (EPOCH-1), so
 * that whoever knows the height of a thing knows by whom and by which rules it is judged.
 */
import type { Epoch, Height } from '../primitives/identifiers.js';
import type { GenesisParameters } from './genesis-parameters.js';
import type { ValidatorSet } from './validator-set.js';

export interface EpochTerms {
  readonly epoch: Epoch;
  /** First height that these validators agree on; 1 for epoch 0. */
  readonly firstHeight: Height;
  readonly validators: ValidatorSet;
  readonly parameters: GenesisParameters;
}

/** The terms of epoch 0. */
export function genesisTerms({
  validators,
  parameters,
}: Pick<EpochTerms, 'validators' | 'parameters'>): EpochTerms {
  return { epoch: 0, firstHeight: 1, validators, parameters };
}
