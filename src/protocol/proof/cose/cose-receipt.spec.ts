import { key as coseKey } from '@transmute/cose';
import { beforeAll, describe, expect, it, test } from '@jest/globals';
import { decode, encode } from 'cborg';
import fc from 'fast-check';
import { verifyIndependently } from '../../../../test/support/independent-cose-verifier.js';
import { fileOf, keys, ledger, SIGNERS, TREE_HEIGHT } from '../../../../test/support/cose-receipt-files.js';
import { es256TestKey } from '../../../../test/support/test-receipt-keys.js';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.js';
import { decodeCoseReceipt, encodeCoseReceipt, receiptSigningBytes } from './cose-receipt.js';
import {
  decodeReceiptKeys,
  encodeReceiptKeys,
  receiptKeyId,
  receiptKeysProvenBy,
  receiptKeyToJwk,
  type ReceiptKey,
} from './receipt-keys.js';
import { verifyCoseReceipt } from './verify-cose-receipt.js';
import type { VerifiedReceipt } from '../verify-receipt.js';

const { genesis, genesisBytes } = ledger;
const { origin } = genesis;
const file = fileOf();
const receiptsOf = (bytes: Uint8Array): readonly Uint8Array[] =>
  (decode(bytes, { useMaps: true }) as Map<string, readonly Uint8Array[]>).get('receipts')!;
const jwkOf = (organisation: string) =>
  receiptKeyToJwk(keys.find((each) => each.organisation === organisation)!);

function refusal(bytes: Uint8Array, trust: Partial<Parameters<typeof verifyCoseReceipt>[2]> = {}) {
  const result = verifyCoseReceipt(bytes, genesisBytes, { keys, ...trust });
  return result.ok ? undefined : result.rejection;
}

describe('COSE receipt', () => {
  test.each([0, 1, 2])('of every outcome opens with genesis and the keys (%i)', (index) => {
    const result = verifyCoseReceipt(fileOf(index), genesisBytes, { keys });
    expect(result).toMatchObject({
      ok: true,
      value: {
        transactionId: ledger.transactions[index]!.id,
        outcome: { code: ['OK', 'REPLAYED', 'FAILED'][index] },
        ...{ height: 5, index, epoch: 0 },
        checkpoint: { height: TREE_HEIGHT, root: ledger.certificate(TREE_HEIGHT).root },
        signers: SIGNERS,
      },
    });
  });

  it('signs the structure of RFC 9052, and is read as it was written', () => {
    const signed = receiptSigningBytes(
      { organisation: 'acme', publicKey: es256TestKey('acme'), origin },
      ledger.certificate(TREE_HEIGHT).root,
    );
    expect(bytesToHex(signed).startsWith('846a5369676e617475726531')).toBe(true);
    const decoded = decodeCoseReceipt(file);
    if (!decoded.ok) throw new Error(decoded.rejection.message);
    expect(encodeCoseReceipt(decoded.value)).toEqual(file);
  });

  it('is refused with any bit of it changed', () => {
    fc.assert(
      fc.property(fc.nat(file.length * 8 - 1), (bit) => {
        const changed = Uint8Array.from(file);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(refusal(changed)).toBeDefined();
      }),
      { numRuns: 150 },
    );
  });

  it('is refused without exactly a quorum of different validators with keys in force', () => {
    expect(refusal(fileOf(0, { signers: ['acme', 'globex'] }))?.message).toContain('exactly 3');
    expect(refusal(fileOf(0, { signers: ['acme', 'globex', 'initech', 'umbrella'] }))?.message).toContain(
      'exactly 3',
    );
    expect(refusal(fileOf(0, { signers: ['acme', 'acme', 'globex'] }))?.message).toContain('ascend');
    expect(refusal(fileOf(0, { signers: ['globex', 'acme', 'umbrella'] }))?.message).toContain('ascend');
    expect(refusal(file, { keys: keys.slice(1) })?.message).toContain('not in the key set');
    const ended = keys.map((key) => ({ ...key, untilHeight: TREE_HEIGHT }));
    expect(refusal(file, { keys: ended })?.message).toContain('not in force');
    const early = keys.map((key) => ({ ...key, fromHeight: TREE_HEIGHT + 1 }));
    expect(refusal(file, { keys: early })?.message).toContain('not in force');
    const validators = ['acme', 'globex', 'initech'];
    expect(refusal(file, { validators })?.message).toContain('umbrella has no vote');
  });

  it('is refused for another log, another root, another leaf, another genesis', () => {
    expect(refusal(fileOf(0, { origin: 'another/log' }))?.message).toContain('another/log');
    const { root } = ledger.certificate(5);
    expect(refusal(fileOf(0, { root }))?.message).toContain('not over this root');
    expect(refusal(fileOf(0, { leaf: 4 }))).toMatchObject({ code: 'RECEIPT_INVALID' });
    const other = Uint8Array.from(genesisBytes);
    expect(verifyCoseReceipt(file, other.subarray(1), { keys })).toMatchObject({ ok: false });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no CBOR', Uint8Array.of(0xff)],
    ['a deep nest', new Uint8Array(200_000).fill(0x81)],
    ['another map', encode(new Map([['format', 'x']]))],
    ['bytes after it', Uint8Array.from([...file, 0])],
    ['a map of indefinite length', Uint8Array.from([0xbf, ...file.subarray(1), 0xff])],
  ])('is refused when it is %s', (_what, bytes) => {
    expect(['RECEIPT_MALFORMED', 'RECEIPT_NOT_CANONICAL']).toContain(refusal(bytes)?.code);
  });

  it('is refused with a member more, wherever', () => {
    const more = decode(file, { useMaps: true }) as Map<string, unknown>;
    more.set('note', 'x');
    expect(refusal(encode(more))?.code).toBe('RECEIPT_NOT_CANONICAL');
    const inner = decode(file, { useMaps: true }) as Map<string, Map<string, unknown>>;
    inner.get('entry')!.set('note', 'x');
    expect(refusal(encode(inner))?.code).toBe('RECEIPT_NOT_CANONICAL');
  });
});

describe('an independent verifier', () => {
  const [leafBytes] = [ledger.records[5]!];
  let receipts: readonly Uint8Array[] = [];
  beforeAll(() => {
    receipts = receiptsOf(file);
  });

  it('accepts each of the receipts, and finds the root', async () => {
    for (const [index, organisation] of SIGNERS.entries()) {
      const root = await verifyIndependently(receipts[index]!, leafBytes, jwkOf(organisation));
      expect(bytesToHex(root)).toBe(ledger.certificate(TREE_HEIGHT).root);
    }
  });

  it('refuses another key, another leaf and a changed receipt', async () => {
    const [first] = receipts;
    await expect(verifyIndependently(first!, leafBytes, jwkOf('globex'))).rejects.toThrow();
    await expect(verifyIndependently(first!, ledger.records[4]!, jwkOf('acme'))).rejects.toThrow();
    for (const position of [first!.length - 1, first!.length - 70]) {
      const changed = Uint8Array.from(first!);
      changed[position]! ^= 1;
      await expect(verifyIndependently(changed, leafBytes, jwkOf('acme'))).rejects.toThrow();
    }
  });

  it('computes the same id of a key', async () => {
    const { publicKey } = keys[0]!;
    const [own] = decode(encodeReceiptKeys([keys[0]!]), { useMaps: true }) as readonly Map<
      unknown,
      unknown
    >[];
    const thumbprint = await coseKey.thumbprint.calculateCoseKeyThumbprint(
      new Map(
        [...own!].map(([label, value]) => [label, value instanceof Uint8Array ? Buffer.from(value) : value]),
      ),
    );
    expect(bytesToHex(new Uint8Array(thumbprint))).toBe(bytesToHex(receiptKeyId(publicKey)));
  });
});

describe('key set', () => {
  it('says what was put in', () => {
    expect(decodeReceiptKeys(encodeReceiptKeys(keys))).toEqual({ ok: true, value: keys });
    expect(decodeReceiptKeys(encodeReceiptKeys([]))).toEqual({ ok: true, value: [] });
  });

  it('has the thumbprint of RFC 9679, section 5', () => {
    // The example key of the RFC; its y is even.
    const publicKey = '0265eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d';
    expect(bytesToHex(receiptKeyId(publicKey as ReceiptKey['publicKey']))).toBe(
      '496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec',
    );
  });

  it('is refused with anything changed or added', () => {
    const [first] = decode(encodeReceiptKeys(keys), { useMaps: true }) as readonly Map<
      number | string,
      unknown
    >[];
    const flawed: readonly (readonly [number | string, unknown])[] = [
      [2, new Uint8Array(32)],
      [-2, new Uint8Array(32)],
      [3, -8],
      ['organisation', 'Acme'],
      ['fromHeight', -1],
      ['note', 'x'],
    ];
    for (const [label, value] of flawed) {
      const bytes = encode([new Map(first).set(label, value)]);
      expect(decodeReceiptKeys(bytes)).toMatchObject({ rejection: { code: 'RECEIPT_KEYS_INVALID' } });
    }
    expect(decodeReceiptKeys(Uint8Array.of(1, 2))).toMatchObject({ ok: false });
  });

  it('can be proven by receipts of the commands', () => {
    const proven = (height: number, command: unknown, code = 'OK'): VerifiedReceipt =>
      ({ height, outcome: { code, identity: 'acme/admin' }, transaction: { command } }) as VerifiedReceipt;
    const register = (name: string, replaces?: string) => ({
      ...{ type: 'registerCredential', name, replaces },
      key: { type: 'receiptEs256', publicKey: es256TestKey(name), possession: hexToBytes('00') },
    });
    const receipts = [
      proven(9, { type: 'revokeCredential', name: 'second' }),
      proven(4, register('first')),
      proven(6, register('second', 'first')),
      proven(7, register('failed'), 'FAILED'),
    ];
    expect(receiptKeysProvenBy(receipts)).toEqual([
      {
        organisation: 'acme',
        name: 'first',
        publicKey: es256TestKey('first'),
        fromHeight: 4,
        untilHeight: 6,
      },
      {
        organisation: 'acme',
        name: 'second',
        publicKey: es256TestKey('second'),
        fromHeight: 6,
        untilHeight: 9,
      },
    ]);
  });
});
