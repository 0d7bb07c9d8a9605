import { describe, expect, it } from '@jest/globals';
import {
  certifyEpochs,
  EPOCHS_GENESIS_BYTES,
  type EpochsWanted,
} from '../../../test/support/certified-epochs.js';
import { parseGenesis, type Genesis } from '../../protocol/ledger/genesis.js';
import { bytesToHex, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import type { Digest } from '../../protocol/primitives/identifiers.js';
import { CountersignError } from '../countersign-error.js';
import { verifyConsistency } from './verify-log-proofs.js';
import { decodeWitnessState, encodeWitnessState } from './witness-state.js';
import { Witness, type NodeReport, type WitnessedNode } from './witness.js';

const parsed = parseGenesis(EPOCHS_GENESIS_BYTES);
if (!parsed.ok) throw new Error(parsed.rejection.message);
const genesis: Genesis = parsed.value;

const unknown = (): CountersignError =>
  new CountersignError('CHECKPOINT_NOT_FOUND', 'not countersigned here', {
    status: 404,
    code: 'CHECKPOINT_NOT_FOUND',
    title: '',
  });

const digestOf = (bytes: Uint8Array): Digest => bytesToHex(bytes) as Digest;

/** A node with that ledger, as it answers over REST. */
async function nodeOf(url: string, wanted: EpochsWanted = {}): Promise<WitnessedNode> {
  const { receipts, logProofs } = await certifyEpochs(wanted);
  return {
    url,
    log: {
      checkpoint: async () => {
        const latest = await receipts.latest();
        if (latest === undefined) throw unknown();
        return latest.note;
      },
      checkpointAt: async (height) => (await receipts.at(height))?.note,
      consistencyProof: async (from, to) => {
        const proof = await logProofs.consistency(from, to);
        if ('certifiedHeight' in proof) throw unknown();
        return { from: proof.from, to: proof.to, path: proof.path.map(digestOf) };
      },
      validatorHistory: async (from) => logProofs.validatorHistory(from),
    },
  };
}

const down: WitnessedNode = {
  url: 'down',
  log: {
    checkpoint: () => Promise.reject(new CountersignError('NODE_UNREACHABLE', 'down is not reachable')),
    checkpointAt: () => Promise.reject(new CountersignError('NODE_UNREACHABLE', 'down is not reachable')),
    consistencyProof: () => Promise.reject(new CountersignError('NODE_UNREACHABLE', 'down is not reachable')),
    validatorHistory: () => Promise.reject(new CountersignError('NODE_UNREACHABLE', 'down is not reachable')),
  },
};

const verdicts = (reports: readonly NodeReport[]): readonly string[] => reports.map(({ verdict }) => verdict);

/** A witness that has seen a ledger, asking others from then on. */
async function witnessAfter(seen: WitnessedNode, ...nodes: readonly WitnessedNode[]): Promise<Witness> {
  const first = new Witness(genesis, undefined, [seen]);
  expect(verdicts(await first.round())).toEqual(['advanced']);
  return new Witness(genesis, first.state, nodes);
}

describe('Witness', () => {
  it('learns three sets of validators from genesis alone, and then follows', async () => {
    const witness = new Witness(genesis, undefined, [await nodeOf('a', { last: ['x'] })]);
    const [report] = await witness.round();
    expect(report).toMatchObject({ verdict: 'advanced' });
    expect(report?.message).toContain('signed by acme, globex, initech');
    expect(witness.state.epochs.map(({ validators }) => validators.length)).toEqual([4, 5, 4]);
    expect(verdicts(await witness.round())).toEqual(['consistent']);
  });

  it('goes on where it was, whatever epoch that was', async () => {
    const { ends, blocks } = await certifyEpochs();
    const full = await nodeOf('full', { last: ['x'] });
    for (let head = 1; head <= blocks.length; head++) {
      const witness = await witnessAfter(await nodeOf('early', { head }), full);
      expect(witness.state.checkpoint?.height).toBe(head);
      expect(witness.state.epochs).toHaveLength(1 + ends.filter((end) => end < head).length);
      expect(verdicts(await witness.round())).toEqual(['advanced']);
      expect(witness.state.epochs).toHaveLength(3);
      expect(witness.state.checkpoint?.height).toBe(blocks.length + 1);
    }
  });

  it('asks the others about a node that is behind, and says when nobody can tell', async () => {
    const { blocks } = await certifyEpochs();
    const full = await nodeOf('full');
    for (const head of [1, blocks.length - 1]) {
      const behind = await nodeOf('behind', { head });
      const witness = await witnessAfter(full, behind, full);
      expect(verdicts(await witness.round())).toEqual(['consistent', 'consistent']);
      const alone = await witnessAfter(full, behind);
      const [report] = await alone.round();
      expect(report).toMatchObject({ verdict: 'undecided', height: head });
      expect(alone.state.checkpoint?.height).toBe(blocks.length);
    }
  });

  it('learns from another node what one has hidden, and keeps a file that can be read', async () => {
    for (const last of [[], ['x']]) {
      const honest = await nodeOf('honest', { last });
      const secretive: WitnessedNode = {
        url: 'secretive',
        log: { ...honest.log, validatorHistory: async () => ({ items: [], nextFrom: undefined }) },
      };
      // A quorum of the founders is among the signers of the third set, so the first node is believed.
      const witness = new Witness(genesis, undefined, [secretive, honest]);
      expect(verdicts(await witness.round())).toEqual(['advanced', 'advanced']);
      expect(verdicts(await witness.round())).toEqual(['consistent', 'consistent']);
      expect(witness.state.epochs).toHaveLength(3);
      const { ends } = await certifyEpochs({ last });
      expect(witness.state.checkpoint?.height).toBeGreaterThan(ends[1]!);
      const bytes = encodeWitnessState(witness.state, genesis);
      expect(decodeWitnessState(bytes, genesis)).toEqual(witness.state);
    }
  });

  it('tells who is not reachable, and goes on', async () => {
    const witness = new Witness(genesis, undefined, [down, await nodeOf('a')]);
    expect(verdicts(await witness.round())).toEqual(['unreachable', 'advanced']);
  });

  it('cries out on two roots of one height, and names who signed both', async () => {
    const witness = await witnessAfter(
      await nodeOf('honest', { last: ['x'] }),
      await nodeOf('fork', { last: ['y'] }),
    );
    const before = witness.state;
    const [report] = await witness.round();
    expect(report).toMatchObject({
      verdict: 'fork',
      fork: { node: 'fork', proof: undefined, signedBoth: ['acme', 'globex', 'initech'] },
    });
    expect(report?.message).toMatch(
      /^the log has forked: checkpoint \d+, signed by acme, .* different roots;/,
    );
    expect(witness.state).toBe(before);
  });

  it('cries out on a log that does not continue what is remembered, at whatever height it is shown', async () => {
    const honest = await nodeOf('honest', { last: ['x'] });
    const { blocks } = await certifyEpochs({ last: ['x'] });
    for (const last of [
      ['y', 'z'],
      ['y', 'z', 'u'],
    ]) {
      const witness = await witnessAfter(honest, await nodeOf('fork', { last }));
      const [report] = await witness.round();
      expect(report).toMatchObject({ verdict: 'fork', height: blocks.length - 1 + last.length });
      // The node has a checkpoint of the remembered height too, and that says it shortest.
      expect(report?.fork?.presented.height).toBe(blocks.length);
      const { proof, remembered, presented } = report!.fork!;
      expect(verifyConsistency(remembered, { ...presented, height: proof!.to.height }, proof!.path)).toBe(
        false,
      );
    }
    const behind = await nodeOf('fork', { last: ['y'], head: blocks.length });
    const ahead = await witnessAfter(await nodeOf('honest', { last: ['x', 'w'] }), behind, honest);
    expect(verdicts(await ahead.round())).toEqual(['undecided', 'undecided']);
    const knowing = await nodeOf('knowing', { last: ['x', 'w'] });
    const told = await witnessAfter(knowing, behind, knowing);
    expect(await told.round()).toMatchObject([
      { verdict: 'fork', fork: { proof: { node: 'knowing' }, presented: { height: blocks.length } } },
    ]);
  });

  it('cries out on another end of an epoch', async () => {
    const { ends } = await certifyEpochs();
    const early = await nodeOf('honest', { head: ends[0]! });
    const witness = await witnessAfter(early, await nodeOf('fork', { first: 'other' }));
    const [report] = await witness.round();
    expect(report).toMatchObject({ verdict: 'fork', fork: { remembered: { height: ends[0] } } });
  });

  it('makes no alarm of one wrong proof while others may still have the right one', async () => {
    const { blocks } = await certifyEpochs();
    const honest = await nodeOf('honest', { last: ['x'] });
    const liar: WitnessedNode = {
      url: 'liar',
      log: {
        ...honest.log,
        checkpointAt: async () => undefined,
        consistencyProof: async (from, to) => ({
          ...(await honest.log.consistencyProof(from, to)),
          path: [],
        }),
      },
    };
    const old = await nodeOf('old', { head: blocks.length });
    const early = await witnessAfter(await nodeOf('seen', { head: blocks.length }), liar, old);
    expect(verdicts(await early.round())).toEqual(['refused', 'consistent']);
    const later = await witnessAfter(await nodeOf('seen', { head: blocks.length }), liar, honest);
    expect(verdicts(await later.round())).toEqual(['advanced', 'consistent']);
    const alone = await witnessAfter(await nodeOf('seen', { head: blocks.length }), liar);
    expect(await alone.round()).toMatchObject([
      { verdict: 'fork', fork: { proof: { node: 'liar', path: [] } } },
    ]);
  });

  it('refuses what is not signed by those who must, and what is of another log', async () => {
    const { ends } = await certifyEpochs();
    const honest = await nodeOf('honest', { head: ends[1]! });
    const secretive: WitnessedNode = {
      url: 'secretive',
      log: { ...honest.log, validatorHistory: async () => ({ items: [], nextFrom: undefined }) },
    };
    const witness = new Witness(genesis, undefined, [secretive]);
    expect(await witness.round()).toMatchObject([
      { verdict: 'refused', message: expect.stringContaining('[NOTE_UNVERIFIED]') },
    ]);
    const stranger: WitnessedNode = {
      url: 's',
      log: { ...honest.log, checkpoint: async () => 'other\n1\n\n' },
    };
    expect(verdicts(await new Witness(genesis, undefined, [stranger]).round())).toEqual(['refused']);
    const forged: WitnessedNode = {
      url: 'forged',
      log: {
        ...honest.log,
        validatorHistory: async (from) => {
          const page = await honest.log.validatorHistory(from);
          return { ...page, items: page.items.map((end) => ({ ...end, validators: genesis.validators })) };
        },
      },
    };
    expect(verdicts(await new Witness(genesis, undefined, [forged]).round())).toEqual(['refused']);
  });

  it('has nothing to say of a ledger without checkpoints', async () => {
    const witness = new Witness(genesis, undefined, [await nodeOf('new', { head: 0 })]);
    expect(await witness.round()).toMatchObject([
      { verdict: 'undecided', message: expect.stringContaining('CHECKPOINT_NOT_FOUND') },
    ]);
    expect(witness.state.checkpoint).toBeUndefined();
  });
});

describe('the state of a witness', () => {
  it('is read as it was written, in every epoch and at its end', async () => {
    const { blocks } = await certifyEpochs();
    for (let head = 1; head <= blocks.length; head++) {
      const { state } = await witnessAfter(await nodeOf('a', { head }));
      expect(decodeWitnessState(encodeWitnessState(state, genesis), genesis)).toEqual(state);
    }
    const { state } = new Witness(genesis, undefined, []);
    expect(decodeWitnessState(encodeWitnessState(state, genesis), genesis)).toEqual(state);
  });

  it('is refused when it is damaged, of another log, or not signed', async () => {
    const { state } = await witnessAfter(await nodeOf('a'));
    const text = new TextDecoder().decode(encodeWitnessState(state, genesis));
    const changes: readonly (readonly [string, string])[] = [
      ['', ''],
      [text, 'null'],
      [text, text.slice(0, -3)],
      ['countersign-witness/v1', 'countersign-witness/v2'],
      [`"origin":"${genesis.origin}"`, '"origin":"countersign/other/0000000000000000"'],
      ['"firstHeight":0', '"firstHeight":1'],
      [genesis.validators[0]!.ledgerKey, genesis.validators[1]!.ledgerKey],
      ['"organisation":"globex"', '"organisation":"Globex"'],
      ['— initech ', '— hooli '],
      [state.checkpoint!.note.split('\n')[1]!, '7'],
      [',"format"', ',"epochs":[],"format"'],
    ];
    for (const [found, instead] of changes.slice(1)) {
      const changed = utf8ToBytes(text.replace(found, instead));
      expect(() => decodeWitnessState(changed, genesis)).toThrow(
        expect.objectContaining({ code: 'WITNESS_STATE_INVALID' }),
      );
    }
  });
});
