/** From the members of the ledger to the bodies of /v1/identities. */
import type { HistoryEntry } from '../../node/ports.js';
import type { MemberIdentity } from '../../node/use-cases.js';
import type { IdentityRights } from '../../protocol/ledger/identity.js';
import { decodeCommand, type IdentityKey } from '../../protocol/ledger/transaction.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { readStoredOutcome } from '../pages/stored-outcome.js';
import { timestampToText } from '../pages/value-schemas.js';
import type { IdentityBody, IdentityHistoryBody, OrganisationHistoryBody } from './member-schemas.js';

function rightsToBody({ roles, custody, validFromHeight, validUntilHeight }: IdentityRights) {
  return {
    roles: [...roles],
    custody,
    validFromHeight,
    ...(validUntilHeight === 0 ? {} : { validUntilHeight }),
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

function corrupt({ transactionId }: HistoryEntry): LedgerError {
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
function entryToBody(entry: HistoryEntry) {
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

export function organisationEntryToBody(entry: HistoryEntry): OrganisationHistoryBody['items'][number] {
  const decoded = decodeCommand(entry.record);
  if (!decoded.ok || decoded.value.type !== 'setReaders') throw corrupt(entry);
  const { type, readers } = decoded.value;
  return { ...entryToBody(entry), command: { type, readers: [...readers] } };
}
