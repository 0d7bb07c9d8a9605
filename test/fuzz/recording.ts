/**
 * What one correct validator of a simulated run was told, in order: the messages of its peers (signed again with real keys),
 * its clock, its streams, its crashes. And the chain that the run agreed on, with every body that was ever proposed.
 */
import type { Block } from '../../src/protocol/ledger/block.js';
import type { QuorumCertificate } from '../../src/protocol/pbft/certificate.js';
import type { Input } from '../../src/protocol/pbft/input.js';
import type { Message, VerifiedMessage } from '../../src/protocol/pbft/message.js';
import { VotePool } from '../../src/protocol/pbft/normal-case/vote-pool.js';
import type { BlockHash, Height, ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';
import { quorumSize } from '../../src/protocol/primitives/quorum.js';
import { drawOptions, type SimulationOptions } from '../simulation/options.js';
import { runSeed } from '../simulation/run-seed.js';
import type { TracedEvent } from '../simulation/run-trace.js';
import { consortiumOf, signAs, signatureWriter, VALIDATORS, type Consortium } from './consortium.js';

export type RecordedEvent =
  { readonly type: 'boot' } | { readonly type: 'crash' } | { readonly type: 'input'; readonly input: Input };

export interface CertifiedBlock {
  readonly block: Block;
  readonly certificate: QuorumCertificate;
}

export interface Recording {
  readonly name: string;
  readonly options: SimulationOptions;
  readonly consortium: Consortium;
  /** Who lives through it again. */
  readonly self: ValidatorIndex;
  /** The one faulty validator of the run. */
  readonly faulty: ValidatorIndex;
  readonly events: readonly RecordedEvent[];
  readonly bodies: ReadonlyMap<BlockHash, Block>;
  /** What was committed, where the recording proves it. */
  readonly chain: ReadonlyMap<Height, CertifiedBlock>;
}

/** Few things each run is good for: proposals under crashes, views after views, and evidence of every kind. */
const RUNS: Readonly<Record<string, Partial<SimulationOptions>>> = {
  crashes: {
    pipelineDepth: 2,
    mode: 'uniform',
    faulty: { 2: 'equivocator' },
    crashes: 14,
    partitions: 2,
    lossRate: 0.1,
    rotationBlocks: 5,
    rollbackRate: 0.2,
  },
  views: {
    pipelineDepth: 4,
    mode: 'rounds',
    faulty: { 4: 'concealer' },
    crashes: 6,
    partitions: 4,
    lossRate: 0.1,
    rotationBlocks: 2,
    rollbackRate: 0,
  },
  lies: {
    pipelineDepth: 1,
    mode: 'typeDrop',
    faulty: { 1: 'liar' },
    crashes: 8,
    partitions: 2,
    lossRate: 0.3,
    rotationBlocks: 0,
    rollbackRate: 0,
  },
};

const COMMON: Partial<SimulationOptions> = {
  nodes: VALIDATORS,
  transactions: 120,
  blockTransactionsMax: 2,
  healAtMs: 8_000,
  deadlineMs: 100_000,
  statusIntervalMs: 100,
  statusCoalesceMs: 20,
  progressTimeoutMs: 250,
  progressTimeoutMsMax: 4_000,
  silenceTimeoutMs: 400,
  fetchRetryMs: 50,
  latencyMs: 5,
  duplicationRate: 0.05,
  slowRate: 0.02,
  journalSyncMs: 2,
  ledgerCommitMs: 5,
};

export const RECORDING_NAMES = Object.keys(RUNS);

function isMessage(input: Input): input is Extract<Input, { type: 'message' }> {
  return input.type === 'message';
}

/** Events of one process; what its own node answers to it is answered anew when it is lived through again. */
function eventsOf(traced: readonly TracedEvent[], node: string): RecordedEvent[] {
  return traced.flatMap((event): RecordedEvent[] => {
    if (event.node !== node) return [];
    const { what } = event;
    if (typeof what === 'string') {
      if (what.startsWith('boot')) return [{ type: 'boot' }];
      return what.startsWith('crash') ? [{ type: 'crash' }] : [];
    }
    const isAnswer = what.type === 'executed' || what.type === 'proposalChecked';
    return isAnswer ? [] : [{ type: 'input', input: what as Input }];
  });
}

function inputsOf(traced: readonly TracedEvent[]): readonly Input[] {
  return traced.flatMap(({ what }) => (typeof what === 'string' ? [] : [what as Input]));
}

function bodiesOf(inputs: readonly Input[]): Map<BlockHash, Block> {
  const bodies = new Map<BlockHash, Block>();
  for (const input of inputs) {
    if (input.type === 'proposalBuilt' || input.type === 'synced') bodies.set(input.block.hash, input.block);
    if (!isMessage(input)) continue;
    const { message } = input;
    if (message.type === 'prePrepare' || message.type === 'blockReply')
      bodies.set(message.block.hash, message.block);
  }
  return bodies;
}

/** Commit certificates that the votes of the run make, whoever received them. */
function certificatesOfVotes(inputs: readonly Input[]): readonly QuorumCertificate[] {
  const pool = new VotePool();
  const quorum = quorumSize(VALIDATORS);
  return inputs.flatMap((input): QuorumCertificate[] => {
    if (!isMessage(input) || input.message.type !== 'vote' || input.message.kind !== 'commit') return [];
    pool.add(input.message);
    const certificate = pool.certificate(input.message, quorum);
    return certificate === undefined ? [] : [certificate];
  });
}

/** Commit certificates that somebody was shown. */
function certificatesOf(inputs: readonly Input[]): readonly QuorumCertificate[] {
  return inputs.flatMap((input): QuorumCertificate[] => {
    if (input.type === 'synced') return [input.certificate];
    if (!isMessage(input)) return [];
    const { message } = input;
    if (message.type === 'decided') return [message.certificate];
    const base = message.type === 'viewChange' ? message.change.base.certificate : undefined;
    return base === undefined ? [] : [base];
  });
}

/** The correct validator that heard the most kinds of messages; of these, the one that heard the most. */
function chooseSelf(traced: readonly TracedEvent[], faulty: ValidatorIndex): ValidatorIndex {
  const rank = (index: ValidatorIndex): number => {
    const heard = traced.flatMap(({ node, what }) =>
      node === String(index) && typeof what !== 'string' && what.type === 'message'
        ? [what.message.type]
        : [],
    );
    return 1_000_000 * new Set(heard).size + heard.length;
  };
  const correct = Array.from({ length: VALIDATORS }, (_, index) => index).filter((index) => index !== faulty);
  return correct.reduce((best, index) => (rank(index) > rank(best) ? index : best));
}

/** Lives through one of the runs; the same recording every time. */
export async function record(name: string): Promise<Recording> {
  const traced: TracedEvent[] = [];
  // One set of real keys signs all of it.
  const options = drawOptions(1, { ...COMMON, ...RUNS[name] }, 'constant');
  const { problem } = await runSeed(options, undefined, (event) => traced.push(event));
  if (problem !== undefined) throw new Error(`the run ${name} is no good: ${problem}`);
  const faulty = Number(Object.keys(options.faulty)[0]);
  const self = chooseSelf(traced, faulty);
  const inputs = inputsOf(traced);
  const bodies = bodiesOf(inputs);
  const [anyBlock] = bodies.values();
  const consortium = consortiumOf(anyBlock!.header.chainId, options.pipelineDepth);
  const writer = signatureWriter(consortium, signAs);
  const chain = new Map<Height, CertifiedBlock>();
  for (const certificate of [...certificatesOf(inputs), ...certificatesOfVotes(inputs)]) {
    const block = bodies.get(certificate.blockHash);
    if (block === undefined || chain.has(certificate.height)) continue;
    chain.set(certificate.height, { block, certificate: writer.certificate(certificate) });
  }
  const signedAgain = new Map<Message, VerifiedMessage>();
  const events = eventsOf(traced, String(self)).map((event): RecordedEvent => {
    if (event.type !== 'input') return event;
    const { input } = event;
    if (input.type === 'synced')
      return { type: 'input', input: { ...input, certificate: writer.certificate(input.certificate) } };
    if (!isMessage(input)) return event;
    const message = signedAgain.get(input.message) ?? (writer.write(input.message) as VerifiedMessage);
    signedAgain.set(input.message, message);
    return { type: 'input', input: { ...input, message } };
  });
  return { name, options, consortium, self, faulty, events, bodies, chain };
}
