/** A failing run as a Mermaid sequence diagram: what the processes heard from each other, and what struck them. */
import type { Message } from '../../src/protocol/pbft/message.js';
import type { PeerMessage } from '../../src/node/ports.js';
import type { RunTrace, TracedEvent } from './run-trace.js';

/** What drives everything and says little; without it a diagram can be read. */
const NOISE: ReadonlySet<PeerMessage['type']> = new Set(['status', 'transactionBatch']);

function short(hash: string): string {
  return hash.slice(0, 4);
}

function label(message: Message): string {
  switch (message.type) {
    case 'prePrepare':
      return `PRE-PREPARE v${message.view} h${message.block.header.height} ${short(message.block.hash)}`;
    case 'vote':
      return `${message.kind.toUpperCase()} v${message.view} h${message.height} ${short(message.blockHash)}`;
    case 'checkpointVote':
      return `LINE h${message.height}`;
    case 'checkpointCertified':
      return `CERTIFIED h${message.certificate.height}`;
    case 'suspect':
      return `SUSPECT v${message.view}`;
    case 'viewChange': {
      const { view, base, tips } = message.change;
      return `VIEW-CHANGE v${view} base h${base.height} tips ${tips.map((tip) => `v${tip.view}h${tip.height}`).join(' ') || 'none'}`;
    }
    case 'newView':
      return `NEW-VIEW v${message.view} from ${message.changes.map(({ signer }) => signer).join(' ')}`;
    case 'decided':
      return `DECIDED h${message.certificate.height} ${short(message.blockHash)}`;
    case 'fetchBlock':
      return `FETCH ${short(message.blockHash)}`;
    case 'blockReply':
      return `BLOCK h${message.block.header.height} ${short(message.block.hash)}`;
    case 'echo':
      return 'ECHO';
    case 'evidence':
      return `EVIDENCE against ${message.evidence.offender}`;
    case 'status':
      return 'STATUS';
  }
}

function line({ node, what }: TracedEvent): string | undefined {
  if (typeof what === 'string') return `  Note over ${node}: ${what}`;
  if (what.type !== 'message' || NOISE.has(what.message.type)) return undefined;
  return `  ${what.from}->>${node}: ${label(what.message)}`;
}

export function sequenceDiagram(trace: RunTrace, problem: string, limit: number): string {
  const lines: string[] = [];
  const participants = new Set<string>();
  for (const event of trace.lastEvents(Infinity)) {
    const text = line(event);
    if (text === undefined) continue;
    participants.add(event.node);
    lines.push(text);
  }
  const names = [...participants].sort().map((name) => `  participant ${name}`);
  const fence = '```';
  return [
    `# ${problem}`,
    '',
    `${fence}mermaid`,
    'sequenceDiagram',
    ...names,
    ...lines.slice(-limit),
    fence,
    '',
  ].join('\n');
}
