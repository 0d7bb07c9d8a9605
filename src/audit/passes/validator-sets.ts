/**
 * The validators of every epoch, by the digest that the chain itself names: a set counts for what the result records say of it,
 * so that entries of the state can only be missing here, never be wrong.
 */
import { decodeEpochTerms } from '../../protocol/governance/epoch-state.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import { validatorSetDigest, type ValidatorSet } from '../../protocol/ledger/validator-set.js';
import type { VerificationContext } from '../../protocol/pbft/certificate.js';
import type { Digest, Epoch, Height } from '../../protocol/primitives/identifiers.js';
import { InvariantViolation } from '../../protocol/primitives/invariant.js';
import type { AuditContext } from '../audit-context.js';

export class ValidatorSets {
  private readonly sets = new Map<Digest, ValidatorSet>();
  private readonly missing = new Set<Digest>();

  private constructor(private readonly context: AuditContext) {
    this.add(context.genesis);
  }

  static async load(context: AuditContext): Promise<ValidatorSets> {
    const sets = new ValidatorSets(context);
    for (const [index, value] of (await context.rows.readEpochTerms()).entries())
      sets.learn(index + 1, value);
    return sets;
  }

  private add({ validators }: Pick<Genesis, 'validators'>): void {
    this.sets.set(validatorSetDigest(validators), validators);
  }

  private learn(epoch: Epoch, value: Uint8Array): void {
    try {
      this.add(decodeEpochTerms(value));
    } catch (error) {
      if (!(error instanceof InvariantViolation)) throw error;
      this.context.findings.add({
        table: 'state',
        row: { key: `validators/epoch/${epoch}` },
        heights: [],
        problem: 'the terms of an epoch cannot be read',
        expected: 'an entry of the ledger',
        found: error.message,
      });
    }
  }

  /** What verifies signatures of the set with the digest; `undefined` where it is not known, which is said once. */
  contextOf(digest: Digest, height: Height, epoch: Epoch): VerificationContext | undefined {
    const validators = this.sets.get(digest);
    const { genesis, verifier, findings } = this.context;
    if (validators !== undefined) {
      return {
        chainId: genesis.chainId,
        origin: genesis.origin,
        pipelineDepth: genesis.parameters.pipelineDepth,
        verifier,
        validatorsIn: () => validators,
        isInEpoch: () => true,
      };
    }
    if (!this.missing.has(digest)) {
      this.missing.add(digest);
      findings.add({
        table: 'state',
        row: { key: `validators/epoch/${epoch}` },
        heights: [height],
        problem: `the validators of epoch ${epoch}, which begins with height ${height}, are missing or others: no signature of the epoch can be checked`,
        expected: `a set with the digest ${digest}, which the result record before names`,
        found: 'no such set',
      });
    }
    return undefined;
  }
}
