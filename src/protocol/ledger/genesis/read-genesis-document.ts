/** From a JSON tree to a genesis document: every field present, none unknown, every name, key and order checked. */
import { compareStrings } from '../../primitives/bytes.js';
import { isAcceptablePublicKey } from '../../crypto/ed25519.js';
import type { PublicKey } from '../../primitives/identifiers.js';
import { isHex64, isOrganisationName } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import {
  GOVERNANCE_PARAMETER_NAMES,
  PARAMETER_NAMES,
  parameterFlaw,
  type GenesisParameters,
} from '../genesis-parameters.js';
import { isIdentityName, isRole, type Role } from '../identity.js';
import { jsonMember, type JsonObject, type JsonValue } from '../json/json-value.js';
import {
  GENESIS_FORMAT,
  IDENTITIES_PER_ORGANISATION_MAX,
  ORGANISATIONS_MAX,
  type GenesisDocument,
  type GenesisIdentity,
  type GenesisOrganisation,
} from './genesis-document.js';

function invalid(field: string, what: string) {
  return reject('GENESIS_INVALID', `genesis ${field === '' ? 'document' : field} ${what}`, field);
}

/** The object at `field` with exactly the named members, and perhaps some of the optional ones. */
function exactObject(
  value: JsonValue | undefined,
  names: readonly string[],
  field: string,
  optional: readonly string[] = [],
): Result<JsonObject> {
  if (value?.type !== 'object') return invalid(field, 'must be an object');
  for (const name of names) {
    if (jsonMember(value, name) === undefined) return invalid(`${field}/${name}`, 'is missing');
  }
  for (const { key } of value.value)
    if (!names.includes(key) && !optional.includes(key))
      return invalid(`${field}/${key}`, 'is not a known field');
  return accept(value);
}

function text(object: JsonObject, name: string): string {
  const value = jsonMember(object, name);
  return value?.type === 'string' ? value.value : '';
}

function list(
  object: JsonObject,
  name: string,
  field: string,
  least: number,
  most: number,
): Result<readonly JsonValue[]> {
  const value = jsonMember(object, name);
  if (value?.type !== 'array') return invalid(field, 'must be a list');
  if (value.value.length < least || value.value.length > most) {
    return invalid(field, `has ${value.value.length} elements; it must have ${least} to ${most}`);
  }
  return accept(value.value);
}

class GenesisReader {
  /** Key → field that names it: a key stands for one organisation or one identity. */
  private readonly keys = new Map<string, string>();

  read(tree: JsonValue): Result<GenesisDocument> {
    const root = exactObject(tree, ['format', 'name', 'parameters', 'organisations'], '');
    if (!root.ok) return root;
    if (text(root.value, 'format') !== GENESIS_FORMAT)
      return invalid('/format', `must be "${GENESIS_FORMAT}"`);
    const name = text(root.value, 'name');
    if (!isOrganisationName(name)) return invalid('/name', 'must match [a-z][a-z0-9-]{0,62}');
    const parameters = this.parameters(jsonMember(root.value, 'parameters'));
    if (!parameters.ok) return parameters;
    const elements = list(root.value, 'organisations', '/organisations', 1, ORGANISATIONS_MAX);
    if (!elements.ok) return elements;
    const organisations = this.sorted(elements.value, '/organisations', (value, field) =>
      this.organisation(value, field),
    );
    if (!organisations.ok) return organisations;
    return accept({
      format: GENESIS_FORMAT,
      name,
      parameters: parameters.value,
      organisations: organisations.value,
    });
  }

  private parameters(value: JsonValue | undefined): Result<GenesisParameters> {
    const object = exactObject(value, PARAMETER_NAMES, '/parameters', GOVERNANCE_PARAMETER_NAMES);
    if (!object.ok) return object;
    const numbers = new Map<string, number>();
    for (const { key, value: number } of object.value.value) {
      if (number.type !== 'number') return invalid(`/parameters/${key}`, 'must be a number');
      numbers.set(key, number.value);
    }
    // exactObject has seen every name, so every entry is there.
    const parameters = Object.fromEntries(numbers) as unknown as GenesisParameters;
    const flaw = parameterFlaw(parameters);
    return flaw === undefined ? accept(parameters) : { ok: false, rejection: flaw };
  }

  /** Reads the elements; their names must ascend by code unit, so each occurs once. */
  private sorted<Element extends { readonly name: string }>(
    elements: readonly JsonValue[],
    field: string,
    read: (value: JsonValue, field: string) => Result<Element>,
  ): Result<readonly Element[]> {
    const result: Element[] = [];
    for (const [index, value] of elements.entries()) {
      const element = read(value, `${field}/${index}`);
      if (!element.ok) return element;
      const previous = result.at(-1);
      if (previous !== undefined && compareStrings(previous.name, element.value.name) >= 0) {
        return invalid(
          `${field}/${index}/name`,
          'must come after the name before it: sort by name, each name once',
        );
      }
      result.push(element.value);
    }
    return accept(result);
  }

  private organisation(value: JsonValue, field: string): Result<GenesisOrganisation> {
    const object = exactObject(value, ['name', 'ledgerKey', 'identities'], field);
    if (!object.ok) return object;
    const name = text(object.value, 'name');
    if (!isOrganisationName(name)) return invalid(`${field}/name`, 'must match [a-z][a-z0-9-]{0,62}');
    const ledgerKey = this.key(object.value, `${field}/ledgerKey`, 'ledgerKey');
    if (!ledgerKey.ok) return ledgerKey;
    const elements = list(
      object.value,
      'identities',
      `${field}/identities`,
      0,
      IDENTITIES_PER_ORGANISATION_MAX,
    );
    if (!elements.ok) return elements;
    const identities = this.sorted(elements.value, `${field}/identities`, (entry, at) =>
      this.identity(entry, at),
    );
    if (!identities.ok) return identities;
    return accept({ name, ledgerKey: ledgerKey.value, identities: identities.value });
  }

  private identity(value: JsonValue, field: string): Result<GenesisIdentity> {
    const object = exactObject(value, ['name', 'publicKey', 'roles'], field);
    if (!object.ok) return object;
    const name = text(object.value, 'name');
    if (!isIdentityName(name)) return invalid(`${field}/name`, 'must match [a-z][a-z0-9-]{0,62}');
    const publicKey = this.key(object.value, `${field}/publicKey`, 'publicKey');
    if (!publicKey.ok) return publicKey;
    const elements = list(object.value, 'roles', `${field}/roles`, 1, 4);
    if (!elements.ok) return elements;
    const roles: Role[] = [];
    for (const [index, role] of elements.value.entries()) {
      if (role.type !== 'string' || !isRole(role.value)) {
        return invalid(`${field}/roles/${index}`, 'must be "submitter", "auditor", "admin" or "operator"');
      }
      if (roles.includes(role.value)) return invalid(`${field}/roles/${index}`, 'names a role twice');
      roles.push(role.value);
    }
    return accept({ name, publicKey: publicKey.value, roles });
  }

  private key(object: JsonObject, field: string, name: string): Result<PublicKey> {
    const key = text(object, name);
    if (!isHex64(key)) return invalid(field, 'must be 64 lower-case hex digits');
    if (!isAcceptablePublicKey(key as PublicKey)) {
      return invalid(field, 'is not a usable Ed25519 key (not a point in canonical form, or of small order)');
    }
    const holder = this.keys.get(key);
    if (holder !== undefined) return invalid(field, `is the same key as ${holder}; give each its own`);
    this.keys.set(key, field);
    return accept(key as PublicKey);
  }
}

export function readGenesisDocument(tree: JsonValue): Result<GenesisDocument> {
  return new GenesisReader().read(tree);
}
