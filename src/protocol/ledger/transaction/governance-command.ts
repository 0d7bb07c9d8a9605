/** Commands of an admin about the consortium: motions, ballots, its own address; and their protobuf form. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  TransactionBody,
  TransactionBodySchema,
} from '../../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.js';
import type { TransactionId } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import { actionMessage, readAction, readAddress, type ProposedAction } from './motion-action.js';

export interface ProposeMotionCommand {
  readonly type: 'proposeMotion';
  readonly action: ProposedAction;
}

export interface CastBallotCommand {
  readonly type: 'castBallot';
  /** Id of the transaction that proposed it. */
  readonly motionId: TransactionId;
  readonly approve: boolean;
}

export interface WithdrawMotionCommand {
  readonly type: 'withdrawMotion';
  readonly motionId: TransactionId;
}

export interface SetAddressCommand {
  readonly type: 'setAddress';
  /** "host:port". */
  readonly address: string;
}

export type GovernanceCommand =
  ProposeMotionCommand | CastBallotCommand | WithdrawMotionCommand | SetAddressCommand;

type CommandInit = NonNullable<MessageInitShape<typeof TransactionBodySchema>['command']>;
type GovernanceMessage = Extract<TransactionBody['command'], { readonly case: GovernanceCommand['type'] }>;

export function governanceCommandMessage(command: GovernanceCommand): CommandInit {
  switch (command.type) {
    case 'proposeMotion':
      return { case: command.type, value: { action: actionMessage(command.action) } };
    case 'castBallot':
      return {
        case: command.type,
        value: { motionId: hexToBytes(command.motionId), approve: command.approve },
      };
    case 'withdrawMotion':
      return { case: command.type, value: { motionId: hexToBytes(command.motionId) } };
    case 'setAddress':
      return { case: command.type, value: { address: command.address } };
  }
}

function readMotionId(bytes: Uint8Array, field: string): Result<TransactionId> {
  return bytes.length === 32
    ? accept(bytesToHex(bytes) as TransactionId)
    : reject('TRANSACTION_MALFORMED', 'the id of a motion has 32 bytes', `${field}.motion_id`);
}

/** Refusal: TRANSACTION_MALFORMED with the field. */
export function messageToGovernanceCommand(message: GovernanceMessage): Result<GovernanceCommand> {
  switch (message.case) {
    case 'proposeMotion': {
      const action = readAction(message.value.action, 'propose_motion.action');
      return action.ok ? accept({ type: message.case, action: action.value }) : action;
    }
    case 'castBallot': {
      const motionId = readMotionId(message.value.motionId, 'cast_ballot');
      if (!motionId.ok) return motionId;
      return accept({ type: message.case, motionId: motionId.value, approve: message.value.approve });
    }
    case 'withdrawMotion': {
      const motionId = readMotionId(message.value.motionId, 'withdraw_motion');
      return motionId.ok ? accept({ type: message.case, motionId: motionId.value }) : motionId;
    }
    case 'setAddress': {
      const address = readAddress(message.value.address, 'set_address.address');
      return address.ok ? accept({ type: message.case, address: address.value }) : address;
    }
  }
}
