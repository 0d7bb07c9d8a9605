/**
 * What a change of the validators would do to progress, before anybody votes for it (PBFT-EPOCH-2, -3): adding a validator that is
 * not there halts a small network just as removing one too many does. A judgement of this node by what it sees now; the ledger
 * itself refuses only what everybody can see alike.
 */
import type { Height, OrganisationName } from '../../protocol/primitives/identifiers.js';
import { quorumSize } from '../../protocol/primitives/quorum.js';

export type MembershipStep = 'promote' | 'demote' | 'remove' | 'rotateKey';

/** What this node knows of an organisation's node. */
export interface SeenNode {
  readonly organisation: OrganisationName;
  /** It has a stream to this node, or is this node. */
  readonly reachable: boolean;
  /** Height that it says it has executed; `undefined` before it has said anything. */
  readonly height: Height | undefined;
}

export interface PreflightFacts {
  /** Of the present epoch. */
  readonly validators: readonly SeenNode[];
  /** The other members. */
  readonly learners: readonly SeenNode[];
  /** Highest height that any of them, this node included, says it has executed. */
  readonly head: Height;
  /** L. */
  readonly pipelineDepth: number;
  /** First height of the next epoch, when one is scheduled. */
  readonly pendingFirstHeight: Height | undefined;
}

/** How many there are, how many of them are needed, and how many are reachable from this node. */
export interface SeenQuorum {
  readonly validators: number;
  readonly needed: number;
  readonly reachable: number;
}

export const PREFLIGHT_PROBLEMS = [
  'CHANGE_PENDING',
  'NOT_A_LEARNER',
  'NOT_A_VALIDATOR',
  'LEARNER_UNREACHABLE',
  'LEARNER_BEHIND',
  'QUORUM_MISSING_NOW',
  'QUORUM_MISSING_AFTER',
] as const;
export type PreflightProblemCode = (typeof PREFLIGHT_PROBLEMS)[number];

export interface PreflightProblem {
  readonly code: PreflightProblemCode;
  /** For people: what is wrong, and what to do. */
  readonly message: string;
}

export interface Preflight {
  readonly before: SeenQuorum;
  readonly after: SeenQuorum;
  /** Validators of the new set none of whom may go down without stopping progress; empty while there is one to spare. */
  readonly mustStayUp: readonly OrganisationName[];
  /** Blocks that the organisation is behind; `undefined` when it is none that is promoted, or has said nothing. */
  readonly lagBlocks: number | undefined;
  /** Empty: nothing speaks against it. */
  readonly problems: readonly PreflightProblem[];
}

function quorumOf(nodes: readonly SeenNode[]): SeenQuorum {
  return {
    validators: nodes.length,
    needed: quorumSize(nodes.length),
    reachable: nodes.filter(({ reachable }) => reachable).length,
  };
}

function setAfter(
  step: MembershipStep,
  organisation: OrganisationName,
  { validators, learners }: PreflightFacts,
): readonly SeenNode[] {
  switch (step) {
    case 'promote':
      return [...validators, ...learners.filter((node) => node.organisation === organisation)];
    case 'demote':
    case 'remove':
      return validators.filter((node) => node.organisation !== organisation);
    case 'rotateKey':
      return validators;
  }
}

function standingProblem(
  step: MembershipStep,
  organisation: OrganisationName,
  { validators, learners }: PreflightFacts,
): PreflightProblem | undefined {
  const isIn = (nodes: readonly SeenNode[]): boolean =>
    nodes.some((node) => node.organisation === organisation);
  if (step === 'promote' && !isIn(learners)) {
    const message = `${organisation} is no member without a vote; admit it first, or see who votes with "countersign member validators"`;
    return { code: 'NOT_A_LEARNER', message };
  }
  if (step === 'demote' && !isIn(validators))
    return { code: 'NOT_A_VALIDATOR', message: `${organisation} is no validator` };
  return undefined;
}

function learnerProblem(learner: SeenNode, lagBlocks: number | undefined, depth: number): PreflightProblem[] {
  const { organisation, reachable } = learner;
  if (!reachable || lagBlocks === undefined) {
    const message = `the node of ${organisation} has no stream to this node; start it, and check its peer address`;
    return [{ code: 'LEARNER_UNREACHABLE', message }];
  }
  if (lagBlocks <= depth) return [];
  const message = `${organisation} is ${lagBlocks} blocks behind, at most ${depth} are good; wait until it has caught up`;
  return [{ code: 'LEARNER_BEHIND', message }];
}

function quorumProblems(before: SeenQuorum, after: SeenQuorum): readonly PreflightProblem[] {
  const problems: PreflightProblem[] = [];
  if (before.reachable < before.needed) {
    const message = `${before.reachable} of ${before.validators} validators are reachable and ${before.needed} are needed to end the present epoch; bring others up first`;
    problems.push({ code: 'QUORUM_MISSING_NOW', message });
  }
  if (after.reachable < after.needed) {
    const message = `${after.reachable} of the ${after.validators} validators would be reachable and ${after.needed} would be needed: the ledger would stop; bring others up first`;
    problems.push({ code: 'QUORUM_MISSING_AFTER', message });
  }
  return problems;
}

export function judgeChange(
  step: MembershipStep,
  organisation: OrganisationName,
  facts: PreflightFacts,
): Preflight {
  const { validators, learners, head, pipelineDepth, pendingFirstHeight } = facts;
  const next = setAfter(step, organisation, facts);
  const [before, after] = [quorumOf(validators), quorumOf(next)];
  const learner =
    step === 'promote' ? learners.find((node) => node.organisation === organisation) : undefined;
  const lagBlocks = learner?.height === undefined ? undefined : Math.max(0, head - learner.height);
  const standing = standingProblem(step, organisation, facts);
  const pending: readonly PreflightProblem[] =
    pendingFirstHeight === undefined
      ? []
      : [
          {
            code: 'CHANGE_PENDING',
            message: `another change takes force at height ${pendingFirstHeight}; wait until then`,
          },
        ];
  return {
    before,
    after,
    mustStayUp:
      after.reachable === after.needed
        ? next.filter(({ reachable }) => reachable).map((node) => node.organisation)
        : [],
    lagBlocks,
    problems: [
      ...pending,
      ...(standing === undefined ? [] : [standing]),
      ...(learner === undefined ? [] : learnerProblem(learner, lagBlocks, pipelineDepth)),
      ...quorumProblems(before, after),
    ],
  };
}
