/**
 * Genesis: who founds the consortium, under which parameters. The chain id is SHA-256 of the document's RFC 8785
 * bytes, so a file counts only when it equals its canonical form (one final newline is allowed).
 */
import canonicalize from 'canonicalize';
import { sha256 } from '../crypto/sha256.js';
import { checkpointOrigin } from '../encoding/checkpoint-text.js';
import { bytesEqual, bytesToHex, utf8ToBytes } from '../primitives/bytes.js';
import type { ChainId } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import type { GenesisParameters } from './genesis-parameters.js';
import {
  GENESIS_BYTES_MAX,
  type GenesisDocument,
  type GenesisOrganisation,
} from './genesis/genesis-document.js';
import { readGenesisDocument } from './genesis/read-genesis-document.js';
import { parseStrictJson } from './json/parse-strict-json.js';
import type { ValidatorSet } from './validator-set.js';

export {
  GENESIS_FORMAT,
  IDENTITIES_PER_ORGANISATION_MAX,
  ORGANISATIONS_MAX,
} from './genesis/genesis-document.js';
export { DEFAULT_PARAMETERS, type GenesisParameters } from './genesis-parameters.js';
export type { GenesisDocument, GenesisIdentity, GenesisOrganisation } from './genesis/genesis-document.js';

export interface Genesis {
  readonly chainId: ChainId;
  /** Name of the consortium. */
  readonly name: string;
  /** First line of every checkpoint of this chain. */
  readonly origin: string;
  readonly parameters: GenesisParameters;
  readonly organisations: readonly GenesisOrganisation[];
  /** The validators of epoch 0. */
  readonly validators: ValidatorSet;
}

/** The canonical bytes of a document, without the newline. */
export function encodeGenesis(document: GenesisDocument): Uint8Array {
  const text = canonicalize(document);
  invariant(text !== undefined, 'a genesis document is a JSON object');
  return utf8ToBytes(text);
}

const NEWLINE = 0x0a;

/** Refusals: GENESIS_INVALID with the field, and the JSON_* codes. */
export function parseGenesis(bytes: Uint8Array): Result<Genesis> {
  if (bytes.length > GENESIS_BYTES_MAX) {
    return reject(
      'GENESIS_INVALID',
      `genesis has ${bytes.length} bytes, the limit is ${GENESIS_BYTES_MAX}`,
      '',
    );
  }
  const content = bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
  const tree = parseStrictJson(content);
  if (!tree.ok) return tree;
  const document = readGenesisDocument(tree.value);
  if (!document.ok) return document;
  if (!bytesEqual(encodeGenesis(document.value), content)) {
    const fix = 'write it as RFC 8785 does: members sorted, no white space';
    return reject('GENESIS_INVALID', `genesis differs from its canonical form; ${fix}`, '');
  }
  const { name, parameters, organisations } = document.value;
  const chainId = bytesToHex(sha256(content)) as ChainId;
  const validators = organisations.map(({ name: organisation, ledgerKey }) => ({ organisation, ledgerKey }));
  return accept({
    chainId,
    name,
    origin: checkpointOrigin(name, chainId),
    parameters,
    organisations,
    validators,
  });
}
