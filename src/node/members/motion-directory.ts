/** Motions as the durable head of the ledger has them, and who votes: now, soon, and not. */
import {
  decodeMotion,
  isExpired,
  motionHistoryStateKey,
  motionStateKey,
  type MotionEntry,
} from '../../protocol/governance/motion-entry.js';
import { approvalRule, tallyMotion } from '../../protocol/governance/motion-tally.js';
import {
  decodeOrganisationEntry,
  ORGANISATIONS_EVER_MAX,
} from '../../protocol/governance/organisation-entry.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Height, TransactionId } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { stateKey, stateKeyParts, type StateKey } from '../../protocol/state/state-key.js';
import type { HistoryPage, LedgerReader } from '../ports.js';
import type { ConsortiumMotion, ConsortiumValidators, Motions, MotionStatus } from '../use-cases.js';
import { lastName } from './member-directory.js';
import { readStandingTerms, type StandingTerms } from './standing-terms.js';

/** Motions that are looked at for one page; a page of a rare status may be shorter than its limit. */
const SCANNED_MAX = 500;

function motionIdOf(key: StateKey): TransactionId {
  const [part] = stateKeyParts(key);
  invariant(part !== undefined, `state key ${key} names no motion`);
  return bytesToHex(part) as TransactionId;
}

function statusAt(motion: MotionEntry, height: Height): MotionStatus {
  return isExpired(motion, height) ? 'expired' : motion.status;
}

function toMotion(
  motionId: TransactionId,
  motion: MotionEntry,
  { asOfHeight, inForce }: StandingTerms,
): ConsortiumMotion {
  const status = statusAt(motion, asOfHeight + 1);
  const isDecided = motion.status === 'accepted' || motion.status === 'rejected';
  const counted = tallyMotion(motion, inForce);
  const tally = isDecided
    ? {
        validators: motion.validators,
        needed: motion.needed,
        approvals: motion.ballots.filter(({ approve }) => approve).length,
        rejections: motion.ballots.filter(({ approve }) => !approve).length,
      }
    : counted;
  return {
    ...motion,
    ...{ motionId, status, tally },
    rule: status === 'open' ? approvalRule(motion, inForce.parameters) : undefined,
  };
}

export class MotionDirectory implements Motions {
  constructor(
    private readonly reader: Pick<LedgerReader, 'listState' | 'readHistory'>,
    private readonly genesis: Pick<Genesis, 'validators' | 'parameters'>,
  ) {}

  async listMotions(
    status: MotionStatus | undefined,
    after: TransactionId | undefined,
    limit: number,
  ): ReturnType<Motions['listMotions']> {
    const terms = await readStandingTerms(this.reader, this.genesis);
    const found: ConsortiumMotion[] = [];
    let last = after;
    for (let scanned = 0; scanned < SCANNED_MAX;) {
      const wanted = Math.min(limit + 1, SCANNED_MAX - scanned);
      const from = last === undefined ? undefined : motionStateKey(last);
      const { entries } = await this.reader.listState(stateKey('motion'), { after: from, limit: wanted });
      scanned += entries.length;
      for (const { key, value } of entries) {
        const motion = toMotion(motionIdOf(key), decodeMotion(value), terms);
        const isWanted = status === undefined || motion.status === status;
        if (isWanted && found.length === limit)
          return { asOfHeight: terms.asOfHeight, motions: found, next: last };
        last = motion.motionId;
        if (isWanted) found.push(motion);
      }
      if (entries.length < wanted) return { asOfHeight: terms.asOfHeight, motions: found, next: undefined };
    }
    return { asOfHeight: terms.asOfHeight, motions: found, next: last };
  }

  async findMotion(motionId: TransactionId): ReturnType<Motions['findMotion']> {
    const terms = await readStandingTerms(this.reader, this.genesis);
    const { entries } = await this.reader.listState(motionStateKey(motionId), { after: undefined, limit: 1 });
    const [entry] = entries;
    if (entry === undefined) return undefined;
    const motion = toMotion(motionId, decodeMotion(entry.value), terms);
    return { asOfHeight: terms.asOfHeight, motion };
  }

  readMotionHistory(motionId: TransactionId, from: number, limit: number): Promise<HistoryPage> {
    return this.reader.readHistory(motionHistoryStateKey(motionId), from, limit);
  }

  async readValidators(): Promise<ConsortiumValidators> {
    const { asOfHeight, inForce, pending } = await readStandingTerms(this.reader, this.genesis);
    const voters = new Set(inForce.validators.map(({ organisation }) => organisation));
    const all = { after: undefined, limit: ORGANISATIONS_EVER_MAX };
    const { entries } = await this.reader.listState(stateKey('organisation'), all);
    const learners = entries
      .map(({ key, value }) => ({ organisation: lastName(key), ...decodeOrganisationEntry(value) }))
      .filter(({ organisation, removedHeight }) => removedHeight === 0 && !voters.has(organisation));
    return { asOfHeight, inForce, pending, learners };
  }
}
