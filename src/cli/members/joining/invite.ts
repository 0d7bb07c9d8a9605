/**
 * An invitation as a file: what an organisation needs to know of a consortium before it is let in. Any member makes it, none of it
 * is secret, and none of it is believed for its own sake: the genesis file names the chain, and the ledger proves itself from there.
 * The one thing to compare over another channel is the chain id.
 */
import {
  encodeGenesis,
  parseGenesis,
  type Genesis,
  type GenesisDocument,
} from '../../../protocol/ledger/genesis.js';
import {
  isOrganisationName,
  type ChainId,
  type OrganisationName,
} from '../../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../../protocol/primitives/ledger-error.js';
import { isNetworkAddress } from '../../../protocol/primitives/network-address.js';

export const INVITE_FORMAT = 'countersign-invite/v1';

/** As it stands in the file. */
export interface Invite {
  readonly format: typeof INVITE_FORMAT;
  readonly chainId: ChainId;
  /** Organisation → "host:port" of its node, of those whose address is known. */
  readonly addresses: Readonly<Record<OrganisationName, string>>;
  readonly genesis: GenesisDocument;
}

export interface ReadInvite {
  readonly addresses: Readonly<Record<OrganisationName, string>>;
  readonly genesis: Genesis;
  /** Canonical bytes, without the final newline. */
  readonly genesisBytes: Uint8Array;
}

const FILE_BYTES_MAX = 20 * 1024 * 1024;
const FIELDS = ['format', 'chainId', 'addresses', 'genesis'];

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readAddresses(value: unknown, invalid: (what: string) => LedgerError): Invite['addresses'] {
  if (!isObject(value)) throw invalid('names no addresses');
  for (const [organisation, address] of Object.entries(value)) {
    if (!isOrganisationName(organisation) || typeof address !== 'string' || !isNetworkAddress(address))
      throw invalid(`gives ${organisation} no address "host:port"`);
  }
  return value as Invite['addresses'];
}

/** Throws LedgerError INVITE_INVALID: not of this form, or with a genesis document that is not that of its chain id. */
export function readInvite(bytes: Uint8Array, file: string): ReadInvite {
  const invalid = (what: string): LedgerError =>
    new LedgerError('INVITE_INVALID', `${file} ${what}; ask a member for another invitation`);
  if (bytes.length > FILE_BYTES_MAX) throw invalid(`has more than ${FILE_BYTES_MAX} bytes`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('is not JSON');
  }
  if (!isObject(parsed) || parsed['format'] !== INVITE_FORMAT)
    throw invalid(`is no invitation of the format ${INVITE_FORMAT}`);
  for (const name of Object.keys(parsed))
    if (!FIELDS.includes(name)) throw invalid(`has an unknown field ${name}`);
  const addresses = readAddresses(parsed['addresses'], invalid);
  if (!isObject(parsed['genesis'])) throw invalid('has no genesis document');
  // Whatever it is, its canonical bytes are read as strictly as a file.
  const genesisBytes = encodeGenesis(parsed['genesis'] as unknown as GenesisDocument);
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) throw invalid(`has a genesis document that is none: ${genesis.rejection.message}`);
  if (genesis.value.chainId !== parsed['chainId'])
    throw invalid(
      `is for chain ${String(parsed['chainId'])}, its genesis document is of ${genesis.value.chainId}`,
    );
  return { addresses, genesis: genesis.value, genesisBytes };
}

/** `genesisBytes` are those of a genesis file. */
export function writeInvite(genesisBytes: Uint8Array, addresses: Invite['addresses']): Invite {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) throw new LedgerError(genesis.rejection.code, genesis.rejection.message);
  const document = JSON.parse(new TextDecoder().decode(genesisBytes)) as GenesisDocument;
  return { format: INVITE_FORMAT, chainId: genesis.value.chainId, addresses, genesis: document };
}
