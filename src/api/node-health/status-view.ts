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
  const { quorum, validators, inFlight, viewChange, catchUp, mempool, scrub, health } = report;
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
    scrub: scrub === undefined ? null : scrubToBody(scrub),
    index: { ...index },
    health: { ...health },
  };
}

/** Everybody may read the status: a name in the state can be a subject of records, which is not for everybody. */
function scrubToBody({
  lastPassMs,
  findings,
  ...scrub
}: NonNullable<NodeStatusReport['scrub']>): NonNullable<NodeStatusBody['scrub']> {
  return {
    ...scrub,
    lastPass: textOf(lastPassMs),
    findings: findings.map(({ row: { key, ...row }, heights, ...finding }) => ({
      ...finding,
      row: key === undefined || row['key_digest'] !== undefined ? row : { key, ...row },
      heights: [...heights],
    })),
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
