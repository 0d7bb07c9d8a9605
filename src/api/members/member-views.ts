/** From the members of the ledger to the bodies of /v1/identities. */
import type { HistoryEntry } from '../../node/ports.js';
import type { MemberIdentity, MemberOrganisation } from '../../node/use-cases.js';
import type { IdentityRights } from '../../protocol/ledger/identity.js';
import { decodeCommand, type IdentityKey } from '../../protocol/ledger/transaction.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { readStoredOutcome } from '../pages/stored-outcome.js';
import { timestampToText } from '../pages/value-schemas.js';
import type {
  EntryBody,
  IdentityBody,
  IdentityHistoryBody,
  OrganisationHistoryBody,
  OrganisationListBody,
} from './member-schemas.js';

function rightsToBody({ roles, custody, validFromHeight, validUntilHeight }: IdentityRights) {
  return {
    roles: [...roles],
    custody,
    validFromHeight,
    ...(validUntilHeight === 0 ? {} : { validUntilHeight }),
  };
}

export function organisationToBody(organisation: MemberOrganisation): OrganisationListBody['items'][number] {
  const { name, ledgerKey, validator, address, admittedHeight, removedHeight } = organisation;
  const { identities, lastingAdmins, readers } = organisation;
  return {
    ...{ name, ledgerKey, validator, identities, lastingAdmins, readers: [...readers] },
    ...(address === undefined ? {} : { address }),
    ...(admittedHeight === 0 ? {} : { admittedHeight }),
    ...(removedHeight === 0 ? {} : { removedHeight }),
  };
}

export function identityToBody(identity: MemberIdentity): IdentityBody {
  const { organisation, name, algorithm, publicKey, revoked, registeredHeight, changedHeight } = identity;
  return {
    identity: identity.identity,
    organisation,
    name,
    algorithm,
    publicKey,
    ...rightsToBody(identity),
    revoked,
    registeredHeight,
    changedHeight,
  };
}

export function corrupt({ transactionId }: HistoryEntry): LedgerError {
  return new LedgerError(
    'DATABASE_CORRUPT',
    `the command of transaction ${transactionId} cannot be decoded; run "countersign audit run"`,
  );
}

type CommandBody = IdentityHistoryBody['items'][number]['command'];

function commandToBody(entry: HistoryEntry): CommandBody {
  const decoded = decodeCommand(entry.record);
  if (!decoded.ok) throw corrupt(entry);
  const command = decoded.value;
  const keyToBody = ({ algorithm, publicKey }: IdentityKey) => ({ algorithm, publicKey });
  switch (command.type) {
    case 'registerIdentity':
      return {
        type: command.type,
        key: keyToBody(command.key),
        rights: rightsToBody(command.rights),
      };
    case 'changeIdentity':
      return { type: command.type, rights: rightsToBody(command.rights) };
    case 'rotateIdentityKey':
      return { type: command.type, key: keyToBody(command.key) };
    case 'revokeIdentity':
      return { type: command.type };
    default:
      throw corrupt(entry);
  }
}

/** What every history of commands says of an entry. */
export function entryToBody(entry: HistoryEntry): EntryBody {
  const { sequence, height, transactionIndex, transactionId, timestampMs } = entry;
  return {
    ...{ sequence, height, transactionIndex, transactionId },
    timestamp: timestampToText(timestampMs),
    by: readStoredOutcome(transactionId, entry.outcome).identity,
  };
}

export function historyEntryToBody(entry: HistoryEntry): IdentityHistoryBody['items'][number] {
  return { ...entryToBody(entry), command: commandToBody(entry) };
}

function organisationCommandToBody(entry: HistoryEntry): OrganisationHistoryBody['items'][number]['command'] {
  const decoded = decodeCommand(entry.record);
  if (!decoded.ok) throw corrupt(entry);
  const command = decoded.value;
  switch (command.type) {
    case 'setReaders':
      return { type: command.type, readers: [...command.readers] };
    case 'setAddress':
      return { type: command.type, address: command.address };
    case 'registerCredential': {
      const { name, key, replaces } = command;
      const credential = { name, type: key.type, publicKey: key.publicKey };
      return {
        type: command.type,
        credential: { ...credential, ...(replaces === undefined ? {} : { replaces }) },
      };
    }
    case 'revokeCredential':
      return { type: command.type, credential: { name: command.name } };
    case 'proposeMotion':
      return { type: command.type, motionId: entry.transactionId };
    case 'castBallot':
      return { type: command.type, motionId: command.motionId };
    default:
      throw corrupt(entry);
  }
}

export function organisationEntryToBody(entry: HistoryEntry): OrganisationHistoryBody['items'][number] {
  return { ...entryToBody(entry), command: organisationCommandToBody(entry) };
}
