/** Transactions and a genesis with known keys, for tests that need real signatures. The seeds are public: never use them. */
import { publicKeyOfSeed, signMessage } from '../../src/protocol/crypto/ed25519.js';
import { sha256 } from '../../src/protocol/crypto/sha256.js';
import {
  DEFAULT_PARAMETERS,
  encodeGenesis,
  GENESIS_FORMAT,
  parseGenesis,
  type Genesis,
  type GenesisDocument,
  type GenesisParameters,
} from '../../src/protocol/ledger/genesis.js';
import {
  decodeSignedTransaction,
  encodeTransactionBody,
  transactionSigningBytes,
  type Command,
  type Transaction,
} from '../../src/protocol/ledger/transaction.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { ChainId, Height } from '../../src/protocol/primitives/identifiers.js';

/** Seed of a key that is named by a text. */
export function testSeed(name: string): Uint8Array {
  return sha256(utf8ToBytes(`countersign test key: ${name}`));
}

/** Acme, Globex, Initech and Umbrella; each has a submitter and an auditor who is also admin. */
export function testGenesisDocument(parameters: Partial<GenesisParameters> = {}): GenesisDocument {
  return {
    format: GENESIS_FORMAT,
    name: 'example',
    parameters: { ...DEFAULT_PARAMETERS, ...parameters },
    organisations: ['acme', 'globex', 'initech', 'umbrella'].map((name) => ({
      name,
      ledgerKey: publicKeyOfSeed(testSeed(name)),
      identities: [
        {
          name: 'auditor',
          publicKey: publicKeyOfSeed(testSeed(`${name}/auditor`)),
          roles: ['auditor', 'admin'],
        },
        {
          name: 'submitter',
          publicKey: publicKeyOfSeed(testSeed(`${name}/submitter`)),
          roles: ['submitter'],
        },
      ],
    })),
  };
}

export function testGenesis(parameters: Partial<GenesisParameters> = {}): Genesis {
  const genesis = parseGenesis(encodeGenesis(testGenesisDocument(parameters)));
  if (!genesis.ok) throw new Error(genesis.rejection.message);
  return genesis.value;
}

export interface TestTransaction {
  readonly chainId: ChainId;
  /** Name of the key, see testSeed: "acme/submitter". */
  readonly signer: string;
  readonly command: Command;
  readonly idempotencyKey: string;
  readonly validUntilHeight?: Height;
}

/** Signs; decoded as a node would decode it, so the command is a view of the body. */
export function signTestTransaction(fields: TestTransaction): Transaction {
  const seed = testSeed(fields.signer);
  const body = encodeTransactionBody({
    chainId: fields.chainId,
    publicKey: publicKeyOfSeed(seed),
    idempotencyKey: fields.idempotencyKey,
    validUntilHeight: fields.validUntilHeight ?? 1_000,
    command: fields.command,
  });
  const signature = signMessage(seed, transactionSigningBytes(body));
  const decoded = decodeSignedTransaction(body, signature, { transactionBytesMax: 1_048_576 });
  if (!decoded.ok) throw new Error(decoded.rejection.message);
  return decoded.value;
}

/** A command that records one JSON document with the given subjects. */
export function documentCommand(subjects: readonly string[], content: object = {}): Command {
  return {
    type: 'recordDocuments',
    documents: [
      {
        kind: 'inspection',
        content: utf8ToBytes(JSON.stringify({ subjects, ...content })),
        subjectPointers: ['/subjects'],
      },
    ],
  };
}

/** A command that captures EPCIS events. */
export function epcisCommand(events: readonly object[]): Command {
  const document = { type: 'EPCISDocument', schemaVersion: '2.0', epcisBody: { eventList: events } };
  return { type: 'captureEpcisDocument', document: utf8ToBytes(JSON.stringify(document)) };
}
