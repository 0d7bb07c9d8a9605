/**
 * Follows the checkpoints that nodes show and believes none of them: each must be signed by a quorum of the validators, who are
 * learnt from genesis on, and its log must continue the one that is remembered, or be a beginning of it. Two signed checkpoints for
 * which nobody can show that are a fork: what a quorum signs only when too many of it are faulty or their keys are in other hands.
 */
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { Height, OrganisationName } from '../../protocol/primitives/identifiers.js';
import type { Rejection } from '../../protocol/primitives/rejection.js';
import { readCheckpointClaim } from '../../protocol/proof/checkpoint-certificate.js';
import type { EpochEnd } from '../../protocol/proof/countersigned/countersigned-result.js';
import { verifyEpochChange } from '../../protocol/proof/validator-history.js';
import { CountersignError } from '../countersign-error.js';
import type { ConsistencyProof, LogClient } from './log-client.js';
import { verifyConsistency } from './verify-log-proofs.js';
import {
  initialWitnessState,
  openCheckpoint,
  validatorsAt,
  type WitnessedCheckpoint,
  type WitnessState,
} from './witness-state.js';

export interface WitnessedNode {
  readonly url: string;
  readonly log: Pick<LogClient, 'checkpoint' | 'checkpointAt' | 'consistencyProof' | 'validatorHistory'>;
}

/** What does not fit; with the signatures it proves itself to whoever has the genesis file. */
export interface LogFork {
  readonly origin: string;
  readonly remembered: WitnessedCheckpoint;
  readonly presented: WitnessedCheckpoint;
  /** Who presented it. */
  readonly node: string;
  /** The failing proof; `undefined` for two roots of one height, which need none. */
  readonly proof: (ConsistencyProof & { readonly node: string }) | undefined;
  /** Organisations that signed both. */
  readonly signedBoth: readonly OrganisationName[];
}

export interface NodeReport {
  readonly url: string;
  /**
   * `advanced`: it is further than anything remembered, and continues it; `consistent`: it shows what is remembered, or a beginning of
   * it; `undecided`: nobody shows how the two belong together; `refused`: what it shows is not signed by those who must.
   */
  readonly verdict: 'advanced' | 'consistent' | 'undecided' | 'refused' | 'unreachable' | 'fork';
  /** Of the checkpoint that it shows. */
  readonly height: Height | undefined;
  /** One sentence. */
  readonly message: string;
  readonly fork?: LogFork;
}

type Comparison =
  | { readonly kind: 'proven' }
  /** `doubt`: who could have shown the contrary and did not answer. */
  | { readonly kind: 'refuted'; readonly proof: LogFork['proof']; readonly doubt: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Ends a visit early, with what is to be reported. */
class VisitEnd extends Error {
  override readonly name = 'VisitEnd';

  constructor(readonly report: Omit<NodeReport, 'url'>) {
    super(report.message);
  }
}

const UNREACHABLE = new Set(['NODE_UNREACHABLE', 'REQUEST_TIMEOUT', 'DATABASE_UNAVAILABLE', 'RATE_LIMITED']);

function describe(error: unknown): string {
  if (!(error instanceof CountersignError)) throw error;
  return `${error.message} [${error.code}]`;
}

function isUnreachable(error: unknown): boolean {
  if (!(error instanceof CountersignError)) throw error;
  const status = error.problem?.status ?? 0;
  return UNREACHABLE.has(error.code) || status === 429 || status >= 500;
}

function refuse(height: Height | undefined, { code, message }: Rejection): VisitEnd {
  return new VisitEnd({ verdict: 'refused', height, message: `${message} [${code}]` });
}

export class Witness {
  private remembered: WitnessState;

  constructor(
    private readonly genesis: Genesis,
    state: WitnessState | undefined,
    private readonly nodes: readonly WitnessedNode[],
  ) {
    this.remembered = state ?? initialWitnessState(genesis);
  }

  get state(): WitnessState {
    return this.remembered;
  }

  /** Asks every node once. A fork ends the round: what is remembered then stays as it was before. */
  async round(): Promise<readonly NodeReport[]> {
    const reports: NodeReport[] = [];
    for (const node of this.nodes) {
      const report = await this.visit(node);
      reports.push(report);
      if (report.verdict === 'fork') break;
    }
    return reports;
  }

  private async visit(node: WitnessedNode): Promise<NodeReport> {
    const { url } = node;
    try {
      return { url, ...(await this.judge(node)) };
    } catch (error) {
      if (error instanceof VisitEnd) return { url, ...error.report };
      const verdict = isUnreachable(error) ? 'unreachable' : 'undecided';
      return { url, verdict, height: undefined, message: describe(error) };
    }
  }

  private async judge(node: WitnessedNode): Promise<Omit<NodeReport, 'url'>> {
    const note = await node.log.checkpoint();
    const claim = readCheckpointClaim(note, this.genesis.origin);
    if (!claim.ok) throw refuse(undefined, claim.rejection);
    const { height } = claim.value;
    // Also of a node that is not ahead: another one may have hidden the end of an epoch.
    await this.learnValidators(node, height);
    const opened = openCheckpoint(note, this.genesis, validatorsAt(this.remembered, height));
    if (!opened.ok) throw refuse(height, opened.rejection);
    const before = this.remembered.checkpoint;
    await this.compare(node, opened.value);
    const signers = opened.value.signers.join(', ');
    if (before !== undefined && height <= before.height) {
      const place = height === before.height ? 'is' : `is a beginning of ${before.height}, which is`;
      return { verdict: 'consistent', height, message: `checkpoint ${height} ${place} what is remembered` };
    }
    this.remember(opened.value);
    const from = before === undefined ? 'is the first that is remembered' : `continues ${before.height}`;
    return { verdict: 'advanced', height, message: `checkpoint ${height} ${from}, signed by ${signers}` };
  }

  /** Follows the ends of epochs below a height, each of them a checkpoint like others. */
  private async learnValidators(node: WitnessedNode, height: Height): Promise<void> {
    for (;;) {
      const { items } = await node.log.validatorHistory(this.remembered.epochs.length - 1);
      let learnt = 0;
      for (const end of items) {
        if (!(await this.learnEnd(node, end, height))) return;
        learnt++;
      }
      if (learnt === 0) return;
    }
  }

  /** False for the end of an epoch that is not below the height. */
  private async learnEnd(node: WitnessedNode, end: EpochEnd, height: Height): Promise<boolean> {
    const { genesis } = this;
    const { epochs } = this.remembered;
    const current = epochs.at(-1);
    if (current === undefined) return false;
    const { validators, firstHeight } = current;
    const context = {
      genesis,
      epoch: epochs.length - 1,
      validators,
      previousHeight: Math.max(0, firstHeight - 1),
      invalid: 'PROOF_INVALID' as const,
    };
    const record = verifyEpochChange(end, context);
    if (!record.ok) throw refuse(height, record.rejection);
    if (record.value.height >= height) return false;
    const opened = openCheckpoint(end.checkpoint, genesis, validators);
    if (!opened.ok) throw refuse(height, opened.rejection);
    await this.compare(node, opened.value);
    const { checkpoint: before } = this.remembered;
    // What is remembered above the end counts when the next set has signed it, too.
    const isKept =
      before !== undefined &&
      before.height > record.value.height &&
      openCheckpoint(before.note, genesis, end.validators).ok;
    const next = { firstHeight: record.value.height + 1, validators: end.validators };
    this.remembered = { epochs: [...epochs, next], checkpoint: isKept ? before : opened.value };
    return true;
  }

  private remember(checkpoint: WitnessedCheckpoint): void {
    this.remembered = { ...this.remembered, checkpoint };
  }

  /** Returns when the checkpoint belongs to the log that is remembered; throws VisitEnd otherwise. */
  private async compare(node: WitnessedNode, presented: WitnessedCheckpoint): Promise<void> {
    const { checkpoint: remembered } = this.remembered;
    if (remembered === undefined) return;
    const { height } = presented;
    const comparison = await this.prove(node, remembered, presented);
    if (comparison.kind === 'proven') return;
    if (comparison.kind === 'unknown') {
      const message = `checkpoint ${height} cannot be compared with ${remembered.height}, which is remembered: ${comparison.reason}`;
      throw new VisitEnd({ verdict: 'undecided', height, message });
    }
    const { proof, doubt } = comparison;
    const twin = proof === undefined ? presented : await this.findTwin(node, remembered);
    if (twin === undefined && doubt !== '') {
      // One node that lies about a proof must not make an alarm while others may still have the right one.
      const message = `the proof that checkpoint ${height} and ${remembered.height}, which is remembered, are of one log is wrong; ${doubt}`;
      throw new VisitEnd({ verdict: 'refused', height, message });
    }
    throw new VisitEnd({ height, ...this.alarm(node, remembered, twin ?? presented, proof) });
  }

  private async prove(
    node: WitnessedNode,
    remembered: WitnessedCheckpoint,
    presented: WitnessedCheckpoint,
  ): Promise<Comparison> {
    if (remembered.height === presented.height) {
      return remembered.root === presented.root
        ? { kind: 'proven' }
        : { kind: 'refuted', proof: undefined, doubt: '' };
    }
    const isAhead = presented.height > remembered.height;
    const [older, newer] = isAhead ? [remembered, presented] : [presented, remembered];
    const others = this.nodes.filter(({ url }) => url !== node.url);
    let refuted: LogFork['proof'];
    const reasons = new Map<string, string>();
    // Who is behind cannot know what came later; who is ahead must.
    for (const { url, log } of isAhead ? [node, ...others] : [...others, node]) {
      try {
        const proof = await log.consistencyProof(older.height, newer.height);
        if (verifyConsistency(older, newer, proof.path)) return { kind: 'proven' };
        refuted ??= { ...proof, node: url };
      } catch (error) {
        reasons.set(url, `${url}: ${describe(error)}`);
      }
    }
    if (refuted === undefined) return { kind: 'unknown', reason: [...reasons.values()].join('; ') };
    // That the node itself shows nothing for what it presents speaks for nobody.
    reasons.delete(node.url);
    return { kind: 'refuted', proof: refuted, doubt: [...reasons.values()].join('; ') };
  }

  private alarm(
    node: WitnessedNode,
    remembered: WitnessedCheckpoint,
    presented: WitnessedCheckpoint,
    proof: LogFork['proof'],
  ): Omit<NodeReport, 'url' | 'height'> {
    const { origin } = this.genesis;
    const signedBoth = remembered.signers.filter((name) => presented.signers.includes(name));
    const fork: LogFork = { origin, remembered, presented, node: node.url, proof, signedBoth };
    const both = signedBoth.length === 0 ? 'nobody signed both' : `${signedBoth.join(', ')} signed both`;
    const isTwin = presented.height === remembered.height;
    const why = isTwin ? 'have different roots' : 'are of one log by no proof that was given';
    const message =
      `the log has forked: checkpoint ${remembered.height}, signed by ${remembered.signers.join(', ')}, and checkpoint ` +
      `${presented.height} of ${node.url}, signed by ${presented.signers.join(', ')}, ${why}; ${both}`;
    return { verdict: 'fork', message, fork };
  }

  /** The node's own checkpoint of the remembered height, when it has another root and is signed. */
  private async findTwin(
    node: WitnessedNode,
    remembered: WitnessedCheckpoint,
  ): Promise<WitnessedCheckpoint | undefined> {
    let note: string | undefined;
    try {
      note = await node.log.checkpointAt(remembered.height);
    } catch (error) {
      // The failing proof is evidence enough; this would only have made it shorter.
      describe(error);
      return undefined;
    }
    if (note === undefined) return undefined;
    const opened = openCheckpoint(note, this.genesis, validatorsAt(this.remembered, remembered.height));
    const isTwin =
      opened.ok && opened.value.height === remembered.height && opened.value.root !== remembered.root;
    return isTwin ? opened.value : undefined;
  }
}
