/** Parameters of the next epoch: those that are named change, and together they must be sound as in a genesis file. */
import {
  parameterFlaw,
  parameterRange,
  withoutDefaults,
  type GenesisParameters,
} from '../../../ledger/genesis-parameters.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { ParameterValue } from '../../../ledger/transaction.js';
import { reject, type Rejection } from '../../../primitives/rejection.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { ChangeContext } from '../../planned-change.js';
import { scheduleEpoch } from '../../epoch/schedule-epoch.js';

/** Pipeline depth: results of heights in flight are promised by it. */
const FIXED_NAME = 'pipelineDepth';

/** Whatever the others are: PARAMETER_UNKNOWN, PARAMETER_FIXED, PARAMETER_INVALID. */
export function parametersRejection(parameters: readonly ParameterValue[]): Rejection | undefined {
  for (const [index, { name, value }] of parameters.entries()) {
    const field = `parameters[${index}]`;
    const range = parameterRange(name);
    if (range === undefined)
      return reject('PARAMETER_UNKNOWN', `this version knows no parameter ${name}`, `${field}.name`)
        .rejection;
    if (name === FIXED_NAME)
      return reject('PARAMETER_FIXED', `${name} is what genesis says, for ever`, `${field}.name`).rejection;
    const [least, most] = range;
    if (value < least || value > most) {
      const message = `parameter ${name} is ${value}; it must be an integer in ${least}..${most}`;
      return reject('PARAMETER_INVALID', message, `${field}.value`).rejection;
    }
  }
  return undefined;
}

/** Failures beside those of an epoch: PARAMETER_INVALID, when they do not fit those that stay. */
export function setParameters(
  named: readonly ParameterValue[],
  context: ChangeContext,
  state: WriteSet,
): FailureCode | undefined {
  const changed = Object.fromEntries(named.map(({ name, value }) => [name, value]));
  const parameters: GenesisParameters = withoutDefaults({ ...context.terms.parameters, ...changed });
  if (parameterFlaw(parameters) !== undefined) return 'PARAMETER_INVALID';
  const change = {
    kind: 'parameters',
    organisation: undefined,
    formerKey: undefined,
    ledgerKey: undefined,
  } as const;
  return scheduleEpoch(context, state, { parameters }, change);
}
