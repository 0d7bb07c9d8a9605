/**
 * Who votes when: the twin of governance. A transaction may change the validators; what block g changes takes force above g + L,
 * one change at a time, and never fewer validators than the run has to have.
 */
import { validatorSetDigest, type ValidatorSet } from '../../../src/protocol/ledger/validator-set.js';
import type { EpochSeats } from '../../../src/protocol/pbft/epoch-seats.js';
import type {
  Digest,
  Epoch,
  Height,
  PeerIndex,
  ValidatorIndex,
} from '../../../src/protocol/primitives/identifiers.js';
import { organisationName, simulatedKey } from './simulated-keyring.js';

/** `join`: a member begins to vote; `leave`: a validator votes no more; `rotate`: it votes with its next key. */
export interface MembershipChange {
  readonly kind: 'join' | 'leave' | 'rotate';
  readonly organisation: PeerIndex;
}

/** A validator by organisation, with how many keys it has had before this one. */
interface Voter {
  readonly organisation: PeerIndex;
  readonly generation: number;
}

export interface SimulatedTerms {
  readonly epoch: Epoch;
  readonly firstHeight: Height;
  readonly voters: readonly Voter[];
  readonly validators: ValidatorSet;
  readonly digest: Digest;
}

/** What everybody knows of the rules before the first block. */
export interface GovernanceRules {
  /** Organisations 0 to this minus one found the consortium. */
  readonly founders: number;
  readonly validatorsMin: number;
  readonly pipelineDepth: number;
}

const CHANGE = /^(join|leave|rotate)-([0-9]+)-[0-9]+$/;

/** A transaction's name; `number` keeps several of one kind apart. */
export function changeName({ kind, organisation }: MembershipChange, number: number): string {
  return `${kind}-${organisation}-${number}`;
}

export function readChange(transaction: string): MembershipChange | undefined {
  const [, kind, organisation] = CHANGE.exec(transaction) ?? [];
  if (kind === undefined) return undefined;
  return { kind: kind as MembershipChange['kind'], organisation: Number(organisation) };
}

function termsOf(epoch: Epoch, firstHeight: Height, voters: readonly Voter[]): SimulatedTerms {
  const validators = voters.map(({ organisation, generation }) => ({
    organisation: organisationName(organisation),
    ledgerKey: simulatedKey(organisation, generation),
  }));
  return { epoch, firstHeight, voters, validators, digest: validatorSetDigest(validators) };
}

export class SimulatedGovernance {
  private readonly begun: SimulatedTerms[];
  pending: SimulatedTerms | undefined;

  constructor(private readonly rules: GovernanceRules) {
    const voters = Array.from({ length: rules.founders }, (_, organisation) => ({
      organisation,
      generation: 0,
    }));
    this.begun = [termsOf(0, 1, voters)];
  }

  /** The terms that have begun up to the block that was applied last, and the next one's. */
  get latest(): SimulatedTerms {
    return this.begun.at(-1)!;
  }

  get ended(): readonly SimulatedTerms[] {
    return this.begun.slice(0, -1);
  }

  termsAt(height: Height): SimulatedTerms {
    if (this.pending !== undefined && height >= this.pending.firstHeight) return this.pending;
    return this.begun.findLast(({ firstHeight }) => height >= firstHeight) ?? this.begun[0]!;
  }

  termsOf(epoch: Epoch): SimulatedTerms | undefined {
    return [...this.begun, this.pending].find((terms) => terms?.epoch === epoch);
  }

  isInEpoch(height: Height, epoch: Epoch): boolean {
    return height > 0 && this.termsAt(height).epoch === epoch;
  }

  /** Blocks in order. Returns what this one schedules. */
  apply(height: Height, transactions: readonly string[]): SimulatedTerms | undefined {
    let scheduled: SimulatedTerms | undefined;
    for (const transaction of transactions) {
      const change = readChange(transaction);
      if (change === undefined || this.pending !== undefined) continue;
      const voters = this.changed(change);
      if (voters === undefined) continue;
      scheduled = termsOf(this.latest.epoch + 1, height + this.rules.pipelineDepth + 1, voters);
      this.pending = scheduled;
    }
    if (this.pending?.firstHeight === height + 1) {
      this.begun.push(this.pending);
      this.pending = undefined;
    }
    return scheduled;
  }

  /** `undefined` when the change is refused. */
  private changed({ kind, organisation }: MembershipChange): readonly Voter[] | undefined {
    const { voters } = this.latest;
    const present = voters.find((voter) => voter.organisation === organisation);
    switch (kind) {
      case 'join':
        if (present !== undefined) return undefined;
        return [...voters, { organisation, generation: this.generationAfter(organisation) }].sort(
          (left, right) => left.organisation - right.organisation,
        );
      case 'leave':
        if (present === undefined || voters.length <= this.rules.validatorsMin) return undefined;
        return voters.filter((voter) => voter !== present);
      case 'rotate':
        if (present === undefined) return undefined;
        return voters.map((voter) =>
          voter === present ? { organisation, generation: this.generationAfter(organisation) } : voter,
        );
    }
  }

  /** A key that has voted once votes in no second set. */
  private generationAfter(organisation: PeerIndex): number {
    const used = this.begun
      .flatMap(({ voters }) => voters)
      .filter((voter) => voter.organisation === organisation);
    return used.length === 0 ? 0 : Math.max(...used.map(({ generation }) => generation)) + 1;
  }
}

export function seatIn({ voters }: SimulatedTerms, organisation: PeerIndex): ValidatorIndex | undefined {
  const seat = voters.findIndex((voter) => voter.organisation === organisation);
  return seat < 0 ? undefined : seat;
}

/** The terms as the replica of an organisation meets them. */
export function seatsOf(terms: SimulatedTerms, organisation: PeerIndex): EpochSeats {
  const { epoch, firstHeight, validators, voters } = terms;
  const peers = voters.map((voter) => voter.organisation);
  return { epoch, firstHeight, validators, self: seatIn(terms, organisation), peers };
}
