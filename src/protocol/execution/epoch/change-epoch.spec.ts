import { describe, expect, it } from '@jest/globals';
import { GovernanceBench } from '../../../../test/support/governance-bench.js';
import { testGenesis, testSeed } from '../../../../test/support/signed-transactions.js';
import { parametersAction } from '../../../../test/support/governance-bench.js';
import { publicKeyOfSeed } from '../../crypto/ed25519.js';
import {
  decodeEpochTerms,
  encodeEpochTerms,
  encodeParameters,
  epochTermsKey,
  IN_FORCE_KEY,
  PARAMETERS_KEY,
  PENDING_CHANGE_KEY,
  PENDING_TERMS_KEY,
} from '../../governance/epoch-state.js';
import { ledgerKeyStateKey, organisationStateKey } from '../../governance/organisation-entry.js';
import { hashHeader } from '../../ledger/block-header.js';
import { validatorSetDigest } from '../../ledger/validator-set.js';
import { bytesToHex } from '../../primitives/bytes.js';
import { stateKey, type StateKey } from '../../state/state-key.js';
import { StateTree } from '../../state/state-tree.js';
import { PrefetchedState } from '../../state/state-view.js';
import { executeBlock } from '../execute-block.js';
import { commandKeys, signerKeys } from '../prefetch-keys.js';

const SECOND = publicKeyOfSeed(testSeed('acme, second key'));
const hex = (text: string): string => bytesToHex(new TextEncoder().encode(text));

/** A rotation that was decided at height 2, with a depth of 2: the last block of epoch 0 is the fourth. */
function benchWithRotation(): GovernanceBench {
  const bench = new GovernanceBench();
  bench.pass({
    type: 'rotateLedgerKey',
    organisation: 'acme',
    ledgerKey: bench.ledgerKey('acme', 'acme, second key'),
  });
  return bench;
}

describe('the end of an epoch', () => {
  it('is scheduled by the block of the deciding ballot, and comes pipelineDepth blocks later', () => {
    const bench = benchWithRotation();
    const { genesis } = bench.ledger;
    const validators = genesis.validators.map((each) =>
      each.organisation === 'acme' ? { ...each, ledgerKey: SECOND } : each,
    );
    const { parameters } = genesis;
    const scheduled = { epoch: 1, firstHeight: 5, validators, parameters };
    expect(bench.last?.scheduled).toEqual(scheduled);
    expect(bench.last?.block.header.epochFinal).toBe(false);
    bench.execute();
    expect([bench.last?.scheduled, bench.last?.block.header.epochFinal]).toEqual([undefined, false]);
    bench.execute();
    const { header } = bench.last!.block;
    expect(header).toMatchObject({
      epoch: 0,
      height: 4,
      epochFinal: true,
      nextValidatorsDigest: validatorSetDigest(validators),
    });
    expect(bench.last?.scheduled).toBeUndefined();
    expect(bench.last?.resultRecord).toMatchObject({
      epoch: 0,
      validatorsDigest: validatorSetDigest(genesis.validators),
      nextValidatorsDigest: validatorSetDigest(validators),
    });
    bench.execute();
    expect(bench.last?.resultRecord).toMatchObject({
      epoch: 1,
      validatorsDigest: validatorSetDigest(validators),
      nextValidatorsDigest: validatorSetDigest(validators),
    });
  });

  it('writes the terms of the next, what is in force, and the entry of the organisation, and no more', () => {
    const bench = benchWithRotation();
    bench.execute();
    const pending = bench.ledger.state.get(PENDING_TERMS_KEY)!;
    bench.execute();
    const { state, terms } = bench.ledger;
    expect(new Set(bench.last?.writes.map(({ key }) => key))).toEqual(
      new Set<StateKey>([
        PENDING_TERMS_KEY,
        PENDING_CHANGE_KEY,
        epochTermsKey(1),
        IN_FORCE_KEY,
        organisationStateKey('acme'),
        ledgerKeyStateKey(publicKeyOfSeed(testSeed('acme'))),
      ]),
    );
    expect([state.get(PENDING_TERMS_KEY), state.get(PENDING_CHANGE_KEY)]).toEqual([undefined, undefined]);
    expect(state.get(epochTermsKey(1))).toEqual(pending);
    expect(decodeEpochTerms(pending)).toEqual(terms);
    expect(bytesToHex(state.get(IN_FORCE_KEY)!)).toBe(
      `010000000000000001${validatorSetDigest(terms.validators)}`,
    );
    expect(bytesToHex(state.get(organisationStateKey('acme'))!)).toBe(`01${SECOND}`);
  });

  it('writes parameters when they change', () => {
    const bench = new GovernanceBench();
    const before = bench.ledger.state.get(PARAMETERS_KEY);
    bench.pass(parametersAction({ motionLifetimeBlocks: 7 }));
    bench.execute();
    expect(bench.ledger.state.get(PARAMETERS_KEY)).toEqual(before);
    bench.execute();
    const value = bytesToHex(bench.ledger.state.get(PARAMETERS_KEY)!);
    expect(value).toBe(bytesToHex(encodeParameters(bench.ledger.terms.parameters)));
    expect(value.slice(0, 6)).toBe('01000c');
    expect(value).toContain(`0014${hex('motionLifetimeBlocks')}0000000000000007`);
  });

  it('stops at a header that says otherwise, at another epoch, and at other terms than the state holds', () => {
    const bench = benchWithRotation();
    bench.execute();
    const { ledger } = bench;
    const { terms, pending } = ledger;
    const block = ledger.blockOf([]);
    const view = (keys: readonly StateKey[]) =>
      new PrefetchedState(keys.map((key) => [key, ledger.state.get(key)] as const));
    const keys = commandKeys([], view(signerKeys([], block.header)), block.header);
    const input = {
      ...{ block, transactions: [], view: view(keys), bucketLeaves: new Map([[0, []]]) },
      ...{ stateTree: new StateTree(0), resultLog: bench.last!.resultLog, terms, pending },
    };
    const withHeader = (changed: Partial<typeof block.header>) => {
      const header = { ...block.header, ...changed };
      return { ...input, block: { ...block, header, hash: hashHeader(header) } };
    };
    expect(() => executeBlock(withHeader({ epochFinal: false }))).toThrow('ends an epoch');
    expect(() => executeBlock({ ...input, pending: undefined })).toThrow('ends an epoch');
    expect(() => executeBlock(withHeader({ epoch: 1 }))).toThrow('epoch 0');
    expect(() => executeBlock({ ...input, pending: { ...pending!, epoch: 2 } })).toThrow('the state holds');
    expect(executeBlock(input).resultRecord.nextValidatorsDigest).toBe(
      validatorSetDigest(pending!.validators),
    );
    expect(() => commandKeys([], view([]), { epochFinal: true })).toThrow('not declared');
    const empty = new PrefetchedState([[PENDING_TERMS_KEY, undefined]]);
    expect(() => commandKeys([], empty, { epochFinal: true })).toThrow('finds no terms');
  });
});

describe('the bytes of epochs', () => {
  it('hold what genesis says, and leave out what has its default', () => {
    const { validators, parameters } = testGenesis();
    const terms = { epoch: 3, firstHeight: 77, validators, parameters };
    const bytes = encodeEpochTerms(terms);
    expect(decodeEpochTerms(bytes)).toEqual(terms);
    const defaults = { motionLifetimeBlocks: 10_000, membershipApproval: 1, parameterApproval: 0 };
    expect(encodeEpochTerms({ ...terms, parameters: { ...parameters, ...defaults } })).toEqual(bytes);
    const changed = { ...terms, parameters: { ...parameters, membershipApproval: 2 } };
    expect(decodeEpochTerms(encodeEpochTerms(changed))).toEqual(changed);
    expect(() => decodeEpochTerms(bytes.subarray(1))).toThrow();
    expect(() => decodeEpochTerms(bytes.subarray(0, -1))).toThrow();
  });

  it('say what a pending change does', () => {
    const bench = benchWithRotation();
    expect(bytesToHex(bench.ledger.state.get(PENDING_CHANGE_KEY)!)).toBe(
      `01040004${hex('acme')}${publicKeyOfSeed(testSeed('acme'))}${SECOND}`,
    );
    expect(stateKey('validators', 'pending-change')).toBe(PENDING_CHANGE_KEY);
  });
});
