import { describe, expect, it } from '@jest/globals';
import { checkpointCertificateOf } from '../../../test/support/certified-blocks.js';
import { certifyEpochs } from '../../../test/support/certified-epochs.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { consistencyProof, verifyConsistency } from '../../protocol/crypto/merkle/consistency.js';
import { leafHash } from '../../protocol/crypto/merkle/merkle-hash.js';
import { inclusionProof, merkleRoot } from '../../protocol/crypto/merkle/merkle-tree.js';
import { verifyInclusion } from '../../protocol/crypto/merkle/verify-inclusion.js';
import { bytesToHex, hexToBytes } from '../../protocol/primitives/bytes.js';
import { ZERO_DIGEST } from '../../protocol/primitives/identifiers.js';
import { verifyEpochChange } from '../../protocol/proof/validator-history.js';
import { StoredLogProofs } from './log-proofs.js';

async function bench(wanted: Parameters<typeof certifyEpochs>[0] = {}) {
  const ledger = await certifyEpochs(wanted);
  const head = ledger.blocks.length;
  const { blocks, logProofs } = ledger;
  return { ...ledger, head, roots: ['', ...blocks.map(({ logRoot }) => logRoot as string)], logProofs };
}

describe('StoredLogProofs', () => {
  it('proves for every two heights that the log of the one is the beginning of that of the other', async () => {
    const { head, roots, logProofs } = await bench();
    for (let to = 1; to <= head; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = await logProofs.consistency(from, to);
        if ('certifiedHeight' in proof) throw new Error('not countersigned');
        expect([proof.from.root, proof.to.root]).toEqual([roots[from], roots[to]]);
        const claim = { size1: from + 1, size2: to + 1, path: proof.path };
        const [root1, root2] = [hexToBytes(proof.from.root), hexToBytes(proof.to.root)];
        expect(verifyConsistency({ ...claim, root1, root2 })).toBe(true);
      }
    }
  });

  it('gives what the whole log gives, genesis included', async () => {
    const { head, blocks, reader, logProofs } = await bench();
    const [genesisLeaf] = await reader.readLogNodes([{ level: 0, index: 0 }]);
    const leaves = [genesisLeaf!, ...blocks.map(({ resultRecordBytes }) => leafHash(resultRecordBytes))];
    await expect(logProofs.consistency(0, head)).resolves.toMatchObject({
      from: { height: 0, root: bytesToHex(genesisLeaf!) },
      path: consistencyProof(leaves, 1, head + 1),
    });
    for (let height = 0; height <= head; height++) {
      const proof = await logProofs.inclusion(height, head);
      if ('certifiedHeight' in proof) throw new Error('not countersigned');
      expect(proof).toEqual({
        height,
        leafHash: leaves[height],
        at: { height: head, root: bytesToHex(merkleRoot(leaves)) },
        path: inclusionProof(leaves, height),
      });
      const claim = { leafHash: proof.leafHash, index: height, size: head + 1, path: proof.path };
      expect(verifyInclusion({ ...claim, root: hexToBytes(proof.at.root) })).toBe(true);
    }
  });

  it('proves nothing above what is countersigned', async () => {
    const { head, logProofs } = await bench({
      uncertified: () => [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    });
    expect(head).toBeLessThan(16);
    await expect(logProofs.consistency(1, 4)).resolves.toEqual({ certifiedHeight: 3 });
    await expect(logProofs.inclusion(1, head)).resolves.toEqual({ certifiedHeight: 3 });
    await expect(logProofs.consistency(1, 3)).resolves.toMatchObject({ to: { height: 3 } });
    const none = await bench({ head: 0 });
    await expect(none.logProofs.consistency(0, 0)).resolves.toEqual({ certifiedHeight: undefined });
  });

  it('tells how the validators changed, so that each set vouches for the next', async () => {
    const { ends, genesis, logProofs, epochs } = await bench();
    const { items, nextFrom } = await logProofs.validatorHistory(0);
    expect([items.map(({ epoch, height }) => [epoch, height]), nextFrom]).toEqual([
      ends.map((height, epoch) => [epoch, height]),
      undefined,
    ]);
    let [validators, previousHeight] = [genesis.validators, 0];
    for (const { epoch, ...end } of items) {
      const record = verifyEpochChange(end, {
        genesis,
        epoch,
        validators,
        previousHeight,
        invalid: 'PROOF_INVALID',
      });
      if (!record.ok) throw new Error(record.rejection.message);
      [validators, previousHeight] = [end.validators, record.value.height];
    }
    expect(validators).toEqual(epochs.termsOf(2)?.validators);
    await expect(logProofs.validatorHistory(1)).resolves.toMatchObject({ items: [{ epoch: 1 }] });
    await expect(logProofs.validatorHistory(2)).resolves.toEqual({ items: [], nextFrom: undefined });
    await expect(logProofs.validatorHistory(Number.MAX_SAFE_INTEGER)).resolves.toMatchObject({ items: [] });
  });

  it('tells no more than a page of changes at once, and where the next one begins', async () => {
    const genesis = testGenesis();
    const { validators } = genesis;
    const logProofs = new StoredLogProofs({
      genesis,
      epochs: {
        termsOf: (epoch) =>
          epoch > 40
            ? undefined
            : { epoch, firstHeight: 10 * epoch, validators, parameters: genesis.parameters },
      },
      ended: {
        find: async (epoch) => ({
          height: 10 * epoch + 9,
          resultRecord: Uint8Array.of(epoch),
          nextValidators: validators,
          certificate: checkpointCertificateOf(genesis, 10 * epoch + 9, ZERO_DIGEST),
          certificatePath: [],
        }),
      },
      reader: {
        readLogNodes: async () => [],
        highestCheckpoint: async () => checkpointCertificateOf(genesis, 500, ZERO_DIGEST),
      },
    });
    const first = await logProofs.validatorHistory(0);
    expect([first.items.length, first.items.at(-1)?.epoch, first.nextFrom]).toEqual([32, 31, 32]);
    const second = await logProofs.validatorHistory(32);
    expect([second.items.length, second.items.at(-1)?.epoch, second.nextFrom]).toEqual([8, 39, undefined]);
  });

  it('leaves out the end of an epoch that is not countersigned here, or only scheduled', async () => {
    const { ends } = await bench();
    const [first = 0] = ends;
    const uncertified = await bench({ uncertified: () => [first] });
    await expect(uncertified.logProofs.validatorHistory(0)).resolves.toMatchObject({ items: [] });
    const scheduled = await bench({ head: first - 1 });
    expect(scheduled.epochs.termsOf(1)?.firstHeight).toBe(first + 1);
    await expect(scheduled.logProofs.validatorHistory(0)).resolves.toMatchObject({ items: [] });
  });
});
