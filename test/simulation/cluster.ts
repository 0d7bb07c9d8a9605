/** What the parts of one run share: time, network, keys, checks, and the first problem that anybody found. */
import type { Genesis } from '../../src/protocol/ledger/genesis.js';
import { DEFAULT_PARAMETERS } from '../../src/protocol/ledger/genesis-parameters.js';
import type { VerificationContext } from '../../src/protocol/pbft/certificate.js';
import type { JournalRecord } from '../../src/protocol/pbft/effect.js';
import type { ChainId } from '../../src/protocol/primitives/identifiers.js';
import { faultsMax } from '../../src/protocol/primitives/quorum.js';
import { Agreement } from './checks/agreement.js';
import { KnownBlocks } from './checks/kept-tips.js';
import { Recovery } from './checks/recovery.js';
import { SignedSlots } from './checks/signed-slots.js';
import type { FaultPlan } from './fault-plan.js';
import type { SimulationOptions } from './options.js';
import { Randomness } from './randomness.js';
import { RunTrace } from './run-trace.js';
import { SimulatedKeyring } from './twins/simulated-keyring.js';
import { SimulatedNetwork, type Endpoint } from './twins/simulated-network.js';
import { SimulatedGovernance, type GovernanceRules } from './twins/simulated-governance.js';
import { VirtualTime } from './virtual-time.js';

const CHAIN_ID = 'c0'.repeat(32) as ChainId;
const ORIGIN = 'countersign/simulation/c0c0c0c0c0c0c0c0';

/** Faults that react to what nodes do. */
export interface NemesisHooks {
  onRecord(endpoint: Endpoint, record: JournalRecord): void;
  onFirstCommit(endpoint: Endpoint, height: number): void;
}

export class Cluster {
  readonly time = new VirtualTime();
  readonly randomness: Randomness;
  readonly network: SimulatedNetwork;
  readonly keyring: SimulatedKeyring;
  readonly genesis: Genesis;
  readonly agreement: Agreement;
  readonly rules: GovernanceRules;
  /** Truth about the epochs, as the agreed chain has it. */
  readonly context: VerificationContext;
  readonly slots = new SignedSlots();
  readonly trace: RunTrace;
  readonly blocks = new KnownBlocks();
  readonly recovery: Recovery;
  /** Transaction → when a client first sent it. */
  readonly submitted = new Map<string, number>();
  hooks: NemesisHooks | undefined;
  /** Databases that may lose what nobody else holds (faults/nemesis.ts). */
  lossesLeft: number;
  problem: string | undefined;

  constructor(
    readonly options: SimulationOptions,
    readonly plan: FaultPlan,
  ) {
    this.randomness = new Randomness(options.seed);
    this.lossesLeft = Math.max(0, faultsMax(options.validatorsMin) - Object.keys(options.faulty).length);
    this.network = new SimulatedNetwork(options, plan, this.time, this.randomness);
    this.keyring = new SimulatedKeyring(options.seed, options.nodes, options.joiners);
    this.trace = new RunTrace(this.time);
    this.recovery = new Recovery(options);
    this.genesis = {
      chainId: CHAIN_ID,
      name: 'simulation',
      origin: ORIGIN,
      parameters: { ...DEFAULT_PARAMETERS, pipelineDepth: options.pipelineDepth },
      organisations: [],
      validators: this.keyring.validators,
    };
    this.rules = {
      founders: options.nodes,
      validatorsMin: options.validatorsMin,
      pipelineDepth: options.pipelineDepth,
    };
    this.agreement = new Agreement(
      CHAIN_ID,
      ORIGIN,
      this.keyring,
      new SimulatedGovernance(this.rules),
      (transaction) => this.submitted.has(transaction),
      (problem) => {
        this.fail(problem);
      },
    );
    const { governance } = this.agreement;
    this.context = {
      chainId: CHAIN_ID,
      origin: ORIGIN,
      pipelineDepth: options.pipelineDepth,
      verifier: this.keyring,
      validatorsIn: (epoch) => governance.termsOf(epoch)?.validators,
      isInEpoch: (height, epoch) => governance.isInEpoch(height, epoch),
    };
  }

  /** Keeps the first problem of the run. */
  fail(problem: string): void {
    this.problem ??= problem;
  }
}
