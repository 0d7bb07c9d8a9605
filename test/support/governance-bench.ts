/** A ledger whose admins govern: each organisation's admin is the identity `auditor` of the test genesis. */
import type { MotionEntry } from '../../src/protocol/governance/motion-entry.js';
import { decodeMotion, motionStateKey } from '../../src/protocol/governance/motion-entry.js';
import {
  decodeOrganisationEntry,
  organisationStateKey,
} from '../../src/protocol/governance/organisation-entry.js';
import type { ExecutedBlock } from '../../src/protocol/execution/executed-block.js';
import { parseGenesis, encodeGenesis } from '../../src/protocol/ledger/genesis.js';
import type { GenesisParameters } from '../../src/protocol/ledger/genesis.js';
import type { Command, LedgerKey, ProposedAction } from '../../src/protocol/ledger/transaction.js';
import type { OrganisationName, TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { castBallot, proposeMotion, proveLedgerKey } from '../../src/sdk/governance/governance-commands.js';
import { seedToKeyPair } from '../../src/sdk/key-pair.js';
import { provenTestKey } from './identity-commands.js';
import { MemoryLedger } from './memory-ledger.js';
import { signTestTransaction, testGenesisDocument, testSeed } from './signed-transactions.js';

export {
  castBallot,
  parametersAction,
  setAddress,
  withdrawMotion,
} from '../../src/sdk/governance/governance-commands.js';
export { proposeMotion };

/** Of acme, globex, initech and umbrella, the first `count`. */
function genesisOf(count: number, parameters: Partial<GenesisParameters>) {
  const document = testGenesisDocument({ pipelineDepth: 2, ...parameters });
  const parsed = parseGenesis(
    encodeGenesis({ ...document, organisations: document.organisations.slice(0, count) }),
  );
  if (!parsed.ok) throw new Error(parsed.rejection.message);
  return parsed.value;
}

export class GovernanceBench {
  readonly ledger: MemoryLedger;
  /** What the latest block came to. */
  last: ExecutedBlock | undefined;
  private made = 0;

  /** Results are two heights late unless the parameters say otherwise. */
  constructor(parameters: Partial<GenesisParameters> = {}, organisations = 4, bucketBits?: number) {
    this.ledger = new MemoryLedger(genesisOf(organisations, parameters), bucketBits);
  }

  /** One block of [signer, command]; a signer without a slash is the admin of an organisation. */
  execute(...wanted: readonly (readonly [signer: string, command: Command])[]): readonly string[] {
    return this.executeAll(wanted).codes;
  }

  /** The id of the motion, whatever became of it, in a block of its own. */
  propose(
    organisation: string,
    action: ProposedAction,
  ): { readonly id: TransactionId; readonly code: string } {
    const { ids, codes } = this.executeAll([[organisation, proposeMotion(action)]]);
    return { id: ids[0]!, code: codes[0]! };
  }

  /** One block of approving ballots. */
  approve(id: TransactionId, ...organisations: readonly string[]): readonly string[] {
    return this.execute(...organisations.map((name) => [name, castBallot(id, true)] as const));
  }

  /** One block of refusing ballots. */
  reject(id: TransactionId, ...organisations: readonly string[]): readonly string[] {
    return this.execute(...organisations.map((name) => [name, castBallot(id, false)] as const));
  }

  /** Proposed by acme, approved by globex and initech: what four organisations need for a change of members. */
  pass(action: ProposedAction): TransactionId {
    const { id } = this.propose('acme', action);
    const codes = this.approve(id, 'globex', 'initech');
    if (codes.join() !== 'OK,OK') throw new Error(codes.join());
    return id;
  }

  /** Empty blocks until nothing is pending. */
  untilInForce(): void {
    while (this.ledger.pending !== undefined) this.execute();
  }

  motion(id: TransactionId): MotionEntry | undefined {
    const value = this.ledger.state.get(motionStateKey(id));
    return value === undefined ? undefined : decodeMotion(value);
  }

  organisation(name: OrganisationName) {
    const value = this.ledger.state.get(organisationStateKey(name));
    return value === undefined ? undefined : decodeOrganisationEntry(value);
  }

  voters(): readonly string[] {
    return this.ledger.terms.validators.map(({ organisation }) => organisation);
  }

  ledgerKey(organisation: string, named = organisation): LedgerKey {
    const { chainId } = this.ledger.genesis;
    return proveLedgerKey(seedToKeyPair(testSeed(named)), { chainId, organisation });
  }

  /** The organisation `name` with the admin `<name>/auditor`. */
  admission(name: string): Extract<ProposedAction, { type: 'admitOrganisation' }> {
    const { chainId } = this.ledger.genesis;
    return {
      type: 'admitOrganisation',
      organisation: name,
      ledgerKey: this.ledgerKey(name),
      address: `${name}.example:7050`,
      admin: { name: 'auditor', key: provenTestKey(chainId, `${name}/auditor`, 'auditor', name) },
    };
  }

  private executeAll(wanted: readonly (readonly [signer: string, command: Command])[]) {
    const { chainId } = this.ledger.genesis;
    const transactions = wanted.map(([signer, command]) =>
      signTestTransaction({
        chainId,
        signer: signer.includes('/') ? signer : `${signer}/auditor`,
        command,
        idempotencyKey: `k${this.made++}`,
        validUntilHeight: 100_000,
      }),
    );
    this.last = this.ledger.execute(transactions);
    const codes = this.last.outcomes.map((outcome) =>
      outcome.code === 'FAILED' ? outcome.failure : outcome.code,
    );
    return { ids: transactions.map(({ id }) => id), codes };
  }
}
