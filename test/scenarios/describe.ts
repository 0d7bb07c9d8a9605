/** Messages and effects in few words; blocks have the names of their transactions. */
import type { Block } from '../../src/protocol/ledger/block.js';
import type { Effect, JournalRecord, SignRequest } from '../../src/protocol/pbft/effect.js';
import { evidenceSlot } from '../../src/protocol/pbft/evidence.js';
import type { Message } from '../../src/protocol/pbft/message.js';
import type { ViewChangeContent } from '../../src/protocol/pbft/view-change.js';
import type { BlockHash } from '../../src/protocol/primitives/identifiers.js';
import { GENESIS_HASH, transactionsOf } from '../simulation/twins/simulated-ledger.js';

/** Block hashes by name: `1:a+b` is the block of height 1 with the transactions a and b. */
export class BlockNames {
  private readonly names = new Map<string, string>([[GENESIS_HASH, 'genesis']]);

  add(block: Block): void {
    this.names.set(block.hash, `${block.header.height}:${transactionsOf(block).join('+')}`);
  }

  nameOf(hash: string): string {
    return this.names.get(hash) ?? hash.slice(0, 8);
  }

  hashOf(name: string): BlockHash {
    for (const [hash, known] of this.names) if (known === name) return hash as BlockHash;
    throw new RangeError(`no block ${name}`);
  }
}

function bits(rows: readonly (readonly boolean[])[]): string {
  return rows.map((row) => row.map((bit) => (bit ? '1' : '0')).join('')).join(',') || '-';
}

function describeClaim({ base, tips }: ViewChangeContent, names: BlockNames): string {
  const told = tips.map(({ view, blockHash }) => `v${view} ${names.nameOf(blockHash)}`);
  return `base ${names.nameOf(base.blockHash)}, tips ${told.join(' and ') || '-'}`;
}

export function describeMessage(message: Message, names: BlockNames): string {
  switch (message.type) {
    case 'prePrepare':
      return `PRE-PREPARE v${message.view} ${names.nameOf(message.block.hash)}`;
    case 'vote':
      return `${message.kind.toUpperCase()} v${message.view} ${names.nameOf(message.blockHash)} by ${message.signer}`;
    case 'checkpointVote':
      return `LINE ${message.height} by ${message.signer}`;
    case 'checkpointCertified':
      return `CERTIFIED ${message.certificate.height}`;
    case 'suspect':
      return `SUSPECT v${message.view} by ${message.signer}`;
    case 'viewChange':
      return `VIEW-CHANGE v${message.change.view} by ${message.change.signer}: ${describeClaim(message.change, names)}`;
    case 'newView':
      return `NEW-VIEW v${message.view} from ${message.changes.map(({ signer }) => signer).join(',')}`;
    case 'echo':
      return `ECHO ${[...message.votes.map((vote) => `${vote.kind} v${vote.view} ${names.nameOf(vote.blockHash)}`), ...(message.change === undefined ? [] : [`view change v${message.change.view}`])].join(', ') || '-'}`;
    case 'evidence':
      return `EVIDENCE ${evidenceSlot(message.evidence)}`;
    case 'status': {
      const { executedHeight, committedHeight, preparedHeight, acceptedHeight, certifiedHeight } = message;
      const heights = [executedHeight, committedHeight, preparedHeight, acceptedHeight, certifiedHeight].join(
        '/',
      );
      return `STATUS ${heights} prepares ${bits(message.prepareVotes)} commits ${bits(message.commitVotes)}`;
    }
    case 'decided':
      return `DECIDED ${names.nameOf(message.blockHash)}`;
    case 'fetchBlock':
      return `FETCH ${names.nameOf(message.blockHash)}`;
    case 'blockReply':
      return `BLOCK ${names.nameOf(message.block.hash)}`;
  }
}

function describeRecord(record: JournalRecord, names: BlockNames): string {
  switch (record.type) {
    case 'prepared':
      return `prepared v${record.view} ${names.nameOf(record.block.hash)}`;
    case 'locked':
      return `locked v${record.certificate.view} ${names.nameOf(record.certificate.blockHash)}`;
    case 'committed':
      return `committed ${names.nameOf(record.certificate.blockHash)}`;
    case 'checkpointSigned':
      return `checkpoint ${record.height}`;
    case 'endCertified':
      return `end of an epoch ${record.certificate.height}`;
    case 'viewLeft':
      return `leaving for v${record.content.view}: ${describeClaim(record.content, names)}`;
    case 'viewEntered':
      return `entering v${record.view} from ${record.changes.map(({ signer }) => signer).join(',')}`;
  }
}

function describeRequest(request: SignRequest, names: BlockNames): string {
  switch (request.type) {
    case 'propose':
      return `propose ${names.nameOf(request.blockHash)}`;
    case 'vote':
      return `${request.kind} ${names.nameOf(request.blockHash)}`;
    case 'checkpoint':
      return `checkpoint ${request.height}`;
    case 'suspect':
      return `suspect v${request.view}`;
    case 'viewChange':
      return `view change v${request.view}`;
    case 'newView':
      return `new view v${request.view}`;
  }
}

export function describeEffect(effect: Effect, names: BlockNames): string {
  switch (effect.type) {
    case 'append':
      return `journals ${describeRecord(effect.record, names)}`;
    case 'sign':
      return `signs ${describeRequest(effect.request, names)}`;
    case 'send':
      return `sends to ${effect.to}: ${describeMessage(effect.message, names)}`;
    case 'requestProposal':
      return `asks for block ${effect.request.height} on ${names.nameOf(effect.request.parentHash)}`;
    case 'checkProposal': {
      const inFlight = effect.ancestors.map(({ hash }) => names.nameOf(hash)).join(' and ');
      return `checks ${names.nameOf(effect.block.hash)}${inFlight === '' ? '' : ` while ${inFlight} is in flight`}`;
    }
    case 'execute':
      return `executes ${names.nameOf(effect.block.hash)}`;
    case 'checkpointCertified':
      return `holds the certificate of ${effect.certificate.height}`;
    case 'catchUp':
      return `catches up from ${effect.fromHeight} to ${effect.provenHeight} with ${effect.peer}`;
    case 'evidence':
      return `has evidence: ${evidenceSlot(effect.evidence)}`;
    case 'amnesia':
      return `has forgotten: ${effect.detail}`;
    case 'quarantine':
      return `is quarantined at ${effect.height}`;
    case 'epochBegun':
      return `begins epoch ${effect.epoch} at ${effect.firstHeight}`;
    case 'retired':
      return `is free to go since ${effect.lastHeight}`;
    case 'halt':
      return `halts: ${effect.reason}`;
    case 'trace':
      return `notes ${effect.kind} ${effect.height}`;
  }
}
