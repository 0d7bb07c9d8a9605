/** Before a command changes who votes, or helps to decide it: the node is asked what that would do to progress. */
import type { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { CountersignClient, MembershipStepName, MotionActionResource } from '../../sdk/index.js';
import { terminalOf } from '../terminal.js';

export interface PreflightOptions {
  readonly force?: boolean;
}

const STEPS: Readonly<Partial<Record<MotionActionResource['type'], MembershipStepName>>> = {
  promoteValidator: 'promote',
  demoteValidator: 'demote',
  removeOrganisation: 'remove',
  rotateLedgerKey: 'rotateKey',
};

export function addForceOption(command: Command): Command {
  return command.option('--force', 'do it although the node says what speaks against it');
}

/** Throws LedgerError PREFLIGHT_REFUSED with what speaks against the change, unless it is forced; tells who must stay up. */
export async function checkPreflight(
  command: Command,
  client: Pick<CountersignClient, 'preflight'>,
  { type, organisation }: Pick<MotionActionResource, 'type' | 'organisation'>,
  { force = false }: PreflightOptions,
): Promise<void> {
  const step = STEPS[type];
  if (step === undefined || organisation === undefined) return;
  const { before, after, mustStayUp, problems } = await client.preflight(step, organisation);
  const terminal = terminalOf(command);
  const words = problems.map(({ message }) => message).join('; ');
  if (problems.length > 0 && !force)
    throw new LedgerError('PREFLIGHT_REFUSED', `${words}. Say --force to go on all the same`);
  if (problems.length > 0) terminal.message(`although ${words}`);
  terminal.message(
    `quorum: ${before.needed} of ${before.validators} now, ${after.needed} of ${after.validators} then; ${after.reachable} of those reachable`,
  );
  if (mustStayUp.length > 0)
    terminal.message(`none of ${mustStayUp.join(', ')} may go down then, or the ledger stops`);
}
