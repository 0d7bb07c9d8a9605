import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import { testGenesis, testGenesisDocument, testSeed } from '../../../test/support/signed-transactions.js';
import { publicKeyOfSeed } from '../crypto/ed25519.js';
import { sha256 } from '../crypto/sha256.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '../primitives/bytes.js';
import { encodeGenesis, parseGenesis } from './genesis.js';
import { PARAMETER_NAMES, PARAMETER_RANGES } from './genesis-parameters.js';

const document = testGenesisDocument();
const bytes = encodeGenesis(document);

type Tree = Record<string, unknown>;
/** JSON pointer → the value that is put there; `undefined` removes the member. */
type Edits = Readonly<Record<string, unknown>>;

/** The refusal of the document after the edits, in canonical form. */
function refusalAfter(edits: Edits) {
  const copy = JSON.parse(new TextDecoder().decode(bytes)) as Tree;
  for (const [pointer, value] of Object.entries(edits)) {
    const path = pointer.split('/').slice(1);
    const last = path.pop() ?? '';
    const target = path.reduce((node, token) => node[token] as Tree, copy);
    if (value === undefined) Reflect.deleteProperty(target, last);
    else target[last] = value;
  }
  const result = parseGenesis(utf8ToBytes(canonicalize(copy) ?? ''));
  return result.ok ? undefined : result.rejection;
}

const { organisations } = document;
const [acme] = organisations;
const smallOrderKey = `01${'0'.repeat(62)}`;

describe('parseGenesis', () => {
  it('gives the chain id, the origin and the validators', () => {
    const genesis = testGenesis();
    expect(genesis.chainId).toBe(bytesToHex(sha256(bytes)));
    expect(genesis.origin).toBe(`countersign/example/${genesis.chainId.slice(0, 16)}`);
    expect(genesis.validators.map(({ organisation }) => organisation)).toEqual([
      'acme',
      'globex',
      'initech',
      'umbrella',
    ]);
    expect(genesis.parameters).toEqual(document.parameters);
  });

  it('allows one final newline, which does not count, and nothing else', () => {
    const withNewline = parseGenesis(concatBytes(bytes, utf8ToBytes('\n')));
    expect(withNewline.ok && withNewline.value.chainId).toBe(testGenesis().chainId);
    for (const other of ['\n\n', ' ', '\r\n']) {
      expect(parseGenesis(concatBytes(bytes, utf8ToBytes(other))).ok).toBe(false);
    }
    expect(parseGenesis(utf8ToBytes(JSON.stringify(document, null, 2))).ok).toBe(false);
    expect(parseGenesis(concatBytes(utf8ToBytes(' '), bytes)).ok).toBe(false);
  });

  it('refuses JSON that is not I-JSON with the code of the parser', () => {
    const result = parseGenesis(utf8ToBytes('{"name":"a","name":"b"}'));
    expect(!result.ok && result.rejection.code).toBe('JSON_DUPLICATE_KEY');
  });

  it.each<[string, Edits]>([
    ['/format', { '/format': 'countersign-genesis/v2' }],
    ['/name', { '/name': 'Example' }],
    ['/name', { '/name': undefined }],
    ['/surprise', { '/surprise': 1 }],
    ['/parameters/pipelineDepth', { '/parameters/pipelineDepth': undefined }],
    ['/parameters/colour', { '/parameters/colour': 1 }],
    ['/parameters/clockDriftMs', { '/parameters/clockDriftMs': '1000' }],
    ['/parameters/clockDriftMs', { '/parameters/clockDriftMs': 10.5 }],
    ['/parameters/transactionBytesMax', { '/parameters/blockBytesMax': 32_768 }],
    ['/parameters/transactionTtlBlocks', { '/parameters/transactionTtlBlocks': 7 }],
    ['/parameters/stateWritesPerBlockMax', { '/parameters/stateWritesPerBlockMax': 1_000 }],
    ['/organisations', { '/organisations': [] }],
    ['/organisations', { '/organisations': {} }],
    ['/organisations/0', { '/organisations/0': 'acme' }],
    ['/organisations/1/name', { '/organisations': organisations.toReversed() }],
    ['/organisations/1/name', { '/organisations/1/name': 'acme' }],
    ['/organisations/2/name', { '/organisations/2/name': 'ini/tech' }],
    ['/organisations/0/url', { '/organisations/0/url': 'x' }],
    ['/organisations/0/ledgerKey', { '/organisations/0/ledgerKey': 'ab' }],
    ['/organisations/0/ledgerKey', { '/organisations/0/ledgerKey': '0'.repeat(64) }],
    ['/organisations/0/ledgerKey', { '/organisations/0/ledgerKey': smallOrderKey }],
    ['/organisations/3/ledgerKey', { '/organisations/3/ledgerKey': acme?.ledgerKey }],
    [
      '/organisations/1/identities/0/publicKey',
      { '/organisations/1/identities/0/publicKey': acme?.ledgerKey },
    ],
    ['/organisations/0/identities/1/name', { '/organisations/0/identities': acme?.identities.toReversed() }],
    ['/organisations/0/identities/0/name', { '/organisations/0/identities/0/name': '' }],
    ['/organisations/0/identities/0/roles', { '/organisations/0/identities/0/roles': [] }],
    ['/organisations/0/identities/0/roles/0', { '/organisations/0/identities/0/roles': ['root'] }],
    ['/organisations/0/identities/0/roles/1', { '/organisations/0/identities/0/roles': ['admin', 'admin'] }],
  ])('names %s when it is wrong', (field, edits) => {
    expect(refusalAfter(edits)).toMatchObject({ code: 'GENESIS_INVALID', field });
  });

  it.each(PARAMETER_NAMES)('holds %s to its range', (name) => {
    const [least, most] = PARAMETER_RANGES[name];
    const field = `/parameters/${name}`;
    for (const value of [least - 1, most + 1]) {
      expect(refusalAfter({ [field]: value })?.field).toBe(field);
    }
  });

  it.each<readonly [string, readonly number[], readonly number[]]>([
    ['motionLifetimeBlocks', [1, 10_000_000], [0, 10_000_001, 10_000, 1.5]],
    ['membershipApproval', [0, 2], [-1, 3, 1]],
    ['parameterApproval', [1, 2], [-1, 3, 0]],
  ])('may leave %s out, and must where it is the default', (name, allowed, refused) => {
    const field = `/parameters/${name}`;
    for (const value of allowed) expect(refusalAfter({ [field]: value })).toBeUndefined();
    for (const value of refused)
      expect(refusalAfter({ [field]: value })).toMatchObject({ code: 'GENESIS_INVALID', field });
  });

  it('allows one to three organisations for development', () => {
    for (const count of [1, 2, 3]) {
      expect(refusalAfter({ '/organisations': organisations.slice(0, count) })).toBeUndefined();
    }
  });

  it('refuses more organisations than a consortium may have', () => {
    const many = Array.from({ length: 101 }, (_, index) => ({
      name: `o${String(index).padStart(3, '0')}`,
      ledgerKey: publicKeyOfSeed(testSeed(`o${index}`)),
      identities: [],
    }));
    expect(refusalAfter({ '/organisations': many })?.field).toBe('/organisations');
  });

  it('changes the chain id with every byte of content', () => {
    expect(testGenesis({ clockDriftMs: 999 }).chainId).not.toBe(testGenesis().chainId);
  });
});
