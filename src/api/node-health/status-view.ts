/** From the node's report of itself to the answer of /v1/status: times as text, names as they are. */
import type {
  IndexStanding,
  InFlightHeight,
  NodeStatusReport,
  ValidatorStatus,
} from '../../node/use-cases.js';
import { timestampToText } from '../pages/value-schemas.js';
import type { NodeStatusBody } from './status-schemas.js';

export function reportToBody(report: NodeStatusReport, index: IndexStanding): NodeStatusBody {
  const { role, organisation, standing, cause, height, certifiedHeight, epoch, view, phase, primary } =
    report;
  const { quorum, validators, inFlight, viewChange, catchUp, mempool, health } = report;
  return {
    role,
    organisation,
    standing,
    cause,
    height,
    certifiedHeight,
    epoch,
    view,
    phase,
    primary,
    quorum: { ...quorum },
    validators: validators.map(validatorToBody),
    inFlight: inFlight.map(inFlightToBody),
    viewChange: {
      since: textOf(viewChange.sinceMs),
      held: [...viewChange.held],
      suspectedBy: [...viewChange.suspectedBy],
    },
    catchUp: catchUp === undefined ? null : { ...catchUp },
    mempool: { ...mempool },
    index: { ...index },
    health: { ...health },
  };
}

function textOf(timestampMs: number | undefined): string | undefined {
  return timestampMs === undefined ? undefined : timestampToText(timestampMs);
}

function validatorToBody({
  reachableSinceMs,
  unreachableSinceMs,
  silentSinceMs,
  ...validator
}: ValidatorStatus): NodeStatusBody['validators'][number] {
  return {
    ...validator,
    reachableSince: textOf(reachableSinceMs),
    unreachableSince: textOf(unreachableSinceMs),
    silentSince: textOf(silentSinceMs),
  };
}

function inFlightToBody({
  height,
  stage,
  prepares,
  commits,
}: InFlightHeight): NodeStatusBody['inFlight'][number] {
  return { height, stage, prepares: [...prepares], commits: [...commits] };
}
