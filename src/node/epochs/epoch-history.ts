/**
 * Which terms hold at which height: those of every epoch since genesis, and those that a durable or executed block has
 * scheduled. Grows by one with each change of members or parameters, which people decide one after the other.
 */
import { genesisTerms, type EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import type { GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import type { Epoch, Height, OrganisationName, PublicKey } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';

export class EpochHistory {
  /** By epoch, so ascending by first height. */
  private readonly terms: EpochTerms[] = [];
  private readonly first: EpochTerms;

  /** `later`: of epoch 1 and each one after it, in order; the last of them may still be pending. */
  constructor(genesis: Pick<EpochTerms, 'validators' | 'parameters'>, later: readonly EpochTerms[] = []) {
    this.first = genesisTerms(genesis);
    this.terms.push(this.first);
    for (const terms of later) this.add(terms);
  }

  /** The last terms that are known, in force or pending. */
  get latest(): EpochTerms {
    return this.terms.at(-1) ?? this.first;
  }

  /** L, which no epoch changes. */
  get pipelineDepth(): number {
    return this.first.parameters.pipelineDepth;
  }

  /** The largest set and the widest parameters of any epoch: certificates and blocks of ended ones travel as well. */
  get widest(): { readonly parameters: GenesisParameters; readonly validators: number } {
    const all = this.terms.map(({ parameters }) => parameters);
    const names = Object.keys(this.first.parameters) as (keyof GenesisParameters)[];
    const parameters = Object.fromEntries(
      names.map((name) => [name, Math.max(...all.map((each) => each[name] ?? 0))]),
    );
    return {
      parameters: { ...this.latest.parameters, ...parameters },
      validators: Math.max(...this.terms.map(({ validators }) => validators.length)),
    };
  }

  /** In force at a height, as far as is known; pending ones count from their first height on. */
  termsAt(height: Height): EpochTerms {
    return this.terms.findLast(({ firstHeight }) => firstHeight <= height) ?? this.first;
  }

  /** `undefined` for an epoch that is not known (yet). */
  termsOf(epoch: Epoch): EpochTerms | undefined {
    return this.terms[epoch];
  }

  /** Whose key it is as a validator's, in the last epoch that has it. */
  holderOf(key: PublicKey): OrganisationName | undefined {
    for (const { validators } of this.terms.toReversed()) {
      const holder = validators.find(({ ledgerKey }) => ledgerKey === key);
      if (holder !== undefined) return holder.organisation;
    }
    return undefined;
  }

  isInEpoch(height: Height, epoch: Epoch): boolean {
    return this.termsOf(epoch) !== undefined && height > 0 && this.termsAt(height).epoch === epoch;
  }

  /**
   * What a block of this height sees as scheduled (PBFT-EPOCH-2): terms that begin above it, and that a block below it has
   * scheduled. Block g schedules what begins at g + L + 1, and g + L, the last height of its epoch, still sees it.
   */
  pendingAt(height: Height): EpochTerms | undefined {
    const next = this.terms.find(({ firstHeight }) => firstHeight > height);
    if (next === undefined) return undefined;
    const scheduledBy = next.firstHeight - this.pipelineDepth - 1;
    return scheduledBy < height ? next : undefined;
  }

  /** A block is executed, in the order of heights. */
  onExecuted({ scheduled }: { readonly scheduled: EpochTerms | undefined }): void {
    if (scheduled !== undefined) this.add(scheduled);
  }

  private add(terms: EpochTerms): void {
    const { epoch, firstHeight } = this.latest;
    invariant(
      terms.epoch === epoch + 1 && terms.firstHeight > firstHeight,
      `epoch ${terms.epoch} from height ${terms.firstHeight} does not follow epoch ${epoch} from height ${firstHeight}`,
    );
    this.terms.push(terms);
  }
}
