/** Values that the commands about identities take. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CUSTODIES, isIdentity, isIdentityName, isRole } from '../../protocol/ledger/identity.js';
import type { Custody, RightsOptions, Role } from '../../sdk/index.js';
import { parseCount } from '../parse-options.js';

/** The part after the slash. */
export function parseIdentityName(text: string): string {
  if (!isIdentityName(text)) throw new InvalidArgumentError('A name must match [a-z][a-z0-9-]{0,62}.');
  return text;
}

export interface FullName {
  readonly organisation: string;
  readonly name: string;
}

export function parseIdentity(text: string): FullName {
  const [organisation, name] = text.split('/');
  if (!isIdentity(text) || organisation === undefined || name === undefined)
    throw new InvalidArgumentError('An identity is ORGANISATION/NAME.');
  return { organisation, name };
}

function parseRoles(text: string): readonly Role[] {
  const roles = text.split('+').filter(isRole);
  if (roles.length === 0 || roles.join('+') !== text) {
    throw new InvalidArgumentError('It must be ROLE or ROLE+ROLE of submitter, auditor, admin, operator.');
  }
  return roles;
}

export interface RightsFlags {
  readonly roles: readonly Role[];
  readonly custody: Custody;
  readonly validFrom?: number;
  readonly validUntil?: number;
}

export function addRightsOptions(command: Command): Command {
  return command
    .requiredOption(
      '--roles <role+role>',
      'submitter, auditor, admin, operator; none implies another',
      parseRoles,
    )
    .addOption(
      new Option('--custody <who>', 'who holds the private key: the identity itself, or the node for it')
        .choices([...CUSTODIES])
        .default('self'),
    )
    .option('--valid-from <height>', 'first height at which it may sign (default: from now on)', parseCount)
    .option('--valid-until <height>', 'last height at which it may sign (default: without end)', parseCount);
}

export function flagsToRights({ roles, custody, validFrom, validUntil }: RightsFlags): RightsOptions {
  return {
    roles,
    custody,
    ...(validFrom === undefined ? {} : { validFromHeight: validFrom }),
    ...(validUntil === undefined ? {} : { validUntilHeight: validUntil }),
  };
}
