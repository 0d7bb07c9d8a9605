/** How the sentences name organisations, moments and numbers, so that every rule spells them alike. */
import type { OrganisationName, TimestampMs } from '../../../protocol/primitives/identifiers.js';
import type { ValidatorStatus } from '../../use-cases.js';
import type { NodeSnapshot } from '../node-snapshot.js';

/** A consortium may have a hundred members; a sentence has room for a few. */
const NAMED_MAX = 8;

export type Rule = (snapshot: NodeSnapshot) => string | undefined;

/** `a`, `a and b`, `a, b and c`; beyond NAMED_MAX the number of those that are left out. */
export function listOf(words: readonly string[]): string {
  const shown = words.slice(0, NAMED_MAX);
  const leftOut = words.length - shown.length;
  const all = leftOut > 0 ? [...shown, `${leftOut} more`] : shown;
  const last = all.at(-1) ?? 'nobody';
  return all.length > 1 ? `${all.slice(0, -1).join(', ')} and ${last}` : last;
}

/** ISO 8601 in UTC, to the second. */
export function momentOf(timestampMs: TimestampMs): string {
  // eslint-disable-next-line no-restricted-globals -- reads no clock: the moment is given
  return `${new Date(timestampMs).toISOString().slice(0, 19)}Z`;
}

export function countOf(count: number, singular: string): string {
  return `${count} ${singular}${count === 1 ? '' : 's'}`;
}

export function labelOf({ organisation, self }: ValidatorStatus): string {
  return self ? 'this node' : organisation;
}

export function primaryLabel(snapshot: NodeSnapshot): string {
  const { primary } = snapshot.report;
  return isOwn(snapshot, primary) ? 'this node, the primary,' : `the primary ${primary}`;
}

/** Why nothing is to be expected of a validator at the moment; `undefined` when nothing is known against it. */
export function hindranceOf(validator: ValidatorStatus, { report }: NodeSnapshot): string | undefined {
  const { self, reachable, unreachableSinceMs, voting, standing, silentSinceMs, view } = validator;
  if (self) return undefined;
  if (!reachable)
    return unreachableSinceMs === undefined
      ? 'does not answer'
      : `does not answer since ${momentOf(unreachableSinceMs)}`;
  if (!voting && standing !== undefined) return standing;
  if (silentSinceMs !== undefined) return `silent since ${momentOf(silentSinceMs)}`;
  return view === undefined || view === report.view ? undefined : `in view ${view}`;
}

export function findValidator(
  { report }: NodeSnapshot,
  organisation: OrganisationName,
): ValidatorStatus | undefined {
  return report.validators.find((validator) => validator.organisation === organisation);
}

/** An observer is not the validator of its organisation. */
export function isOwn(snapshot: NodeSnapshot, organisation: OrganisationName): boolean {
  return findValidator(snapshot, organisation)?.self === true;
}

/** The validators that are not among `present`, each with what hinders it. */
export function missingFrom(snapshot: NodeSnapshot, present: readonly OrganisationName[]): string {
  const missing = snapshot.report.validators.filter(({ organisation }) => !present.includes(organisation));
  return listOf(
    missing.map((validator) => {
      const hindrance = hindranceOf(validator, snapshot);
      return hindrance === undefined ? labelOf(validator) : `${labelOf(validator)} (${hindrance})`;
    }),
  );
}

/** `globex and initech do not answer since …`; one part for each moment at which somebody was lost. */
export function silenceOf(unreachable: readonly ValidatorStatus[]): readonly string[] {
  const names = new Map<string, OrganisationName[]>();
  for (const { organisation, unreachableSinceMs } of unreachable) {
    const since = unreachableSinceMs === undefined ? '' : ` since ${momentOf(unreachableSinceMs)}`;
    names.set(since, [...(names.get(since) ?? []), organisation]);
  }
  return [...names].map(
    ([since, organisations]) =>
      `${listOf(organisations)} ${organisations.length === 1 ? 'does' : 'do'} not answer${since}`,
  );
}
