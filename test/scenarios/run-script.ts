/**
 * Reads a script and returns it with its transcript. A script is a text of commands; each is followed by `----` and what
 * it made happen. Replicas are named by index; lists are written 1,2,3; TYPE is the first word of a message.
 *
 *   cluster N depth L [rotation R]    start N replicas; every R blocks the primary's turn is over
 *   propose R TX…                answer the open request of primary R
 *   forge-proposal HEIGHT PARENT TX… to LIST       sign a proposal with the key of the primary
 *   forge-vote SIGNER KIND HEIGHT BLOCK to LIST    sign a vote with that validator's key
 *   forge-new-view VIEW over LIST to LIST          sign it with its primary's key, over what those told but for their tips
 *   reflect R                    whatever reaches R goes back to its sender, too
 *   deliver [TYPE] [at LIST] [from LIST] [to LIST]   those messages, oldest first, and not what they bring about
 *   deliver-all [from LIST] [to LIST]              and what they bring about, until none is left
 *   drop [TYPE] [at LIST] [from LIST] [to LIST]      those messages are lost
 *   hold|release journal|execution|check R;  refuse R (the held check says no)
 *   crash R;  boot R [waking];  tick LIST MS;  connect R PEER;  heights
 *   set-back R BLOCKS (its database);  truncate R (its journal);  forget R (its journal is lost)
 *   work LIST (a transaction waits there from the next tick on);  distrust LIST (their nodes want another primary)
 */
import { ScriptedCluster, type Envelope, type Holdable } from './scripted-cluster.js';
import { placeOf } from '../simulation/twins/simulated-network.js';
import { BlockNames, describeMessage } from './describe.js';

const DELIVERIES_MAX = 10_000;
const NO_NAMES = new BlockNames();

interface Selection {
  readonly type: string | undefined;
  /** Heights, or views of messages that speak of none. */
  readonly at: readonly number[] | undefined;
  readonly from: readonly number[] | undefined;
  readonly to: readonly number[] | undefined;
}

function readList(text: string | undefined): readonly number[] {
  if (text === undefined || !/^\d+(,\d+)*$/.test(text))
    throw new SyntaxError(`not a list of replicas: ${text ?? ''}`);
  return text.split(',').map(Number);
}

function readIndex(text: string | undefined): number {
  const [index] = readList(text);
  return index!;
}

function readSelection(words: readonly string[]): Selection {
  const after = (word: string): readonly number[] | undefined => {
    const position = words.indexOf(word);
    return position < 0 ? undefined : readList(words[position + 1]);
  };
  const [first] = words;
  const type = first === undefined || ['at', 'from', 'to'].includes(first) ? undefined : first;
  return { type, at: after('at'), from: after('from'), to: after('to') };
}

function isSelected({ from, to, message }: Envelope, selection: Selection): boolean {
  const [type] = describeMessage(message, NO_NAMES).split(' ');
  return (
    (selection.type === undefined || selection.type === type) &&
    (selection.at?.includes(placeOf(message)) ?? true) &&
    (selection.from?.includes(from) ?? true) &&
    (selection.to?.includes(to) ?? true)
  );
}

class ScriptRun {
  private cluster = new ScriptedCluster(1, 1);

  run(command: string): readonly string[] {
    const [verb, ...words] = command.split(' ');
    if (verb === undefined) throw new SyntaxError('empty command');
    if (verb === 'cluster') {
      this.cluster = new ScriptedCluster(Number(words[0]), Number(words[2]), Number(words[4] ?? 0));
    } else if (verb === 'heights') return this.heights();
    else this.perform(verb, words);
    return this.cluster.takeLines();
  }

  private perform(verb: string, words: readonly string[]): void {
    const { cluster } = this;
    switch (verb) {
      case 'propose':
        cluster.propose(readIndex(words[0]), words.slice(1));
        return;
      case 'forge-proposal': {
        const to = words.indexOf('to');
        const parentHash = cluster.hashOf(words[1] ?? '');
        cluster.forgeProposal(Number(words[0]), parentHash, words.slice(2, to), readList(words[to + 1]));
        return;
      }
      case 'forge-vote': {
        const [signer, kind, height, block] = words;
        if (kind !== 'prepare' && kind !== 'commit') throw new SyntaxError(`no such vote: ${kind ?? ''}`);
        cluster.forgeVote(readIndex(signer), kind, Number(height), block ?? '', readList(words.at(-1)));
        return;
      }
      case 'forge-new-view':
        cluster.forgeNewView(Number(words[0]), readList(words[2]), readList(words[4]));
        return;
      case 'reflect':
        cluster.reflect(readIndex(words[0]));
        return;
      case 'deliver':
        for (const envelope of this.take(readSelection(words))) cluster.deliver(envelope);
        return;
      case 'deliver-all':
        this.deliverAll(readSelection(words));
        return;
      case 'drop':
        this.take(readSelection(words));
        return;
      case 'hold':
        cluster.hold(words[0] as Holdable, readIndex(words[1]));
        return;
      case 'release':
        cluster.release(words[0] as Holdable, readIndex(words[1]));
        return;
      case 'refuse':
        cluster.refuse(readIndex(words[0]));
        return;
      case 'crash':
        cluster.crash(readIndex(words[0]));
        return;
      case 'boot':
        cluster.boot(readIndex(words[0]), words[1] === 'waking');
        return;
      case 'tick':
        for (const index of readList(words[0])) cluster.tick(index, Number(words[1]));
        return;
      case 'set-back':
        cluster.setBack(readIndex(words[0]), Number(words[1]));
        return;
      case 'truncate':
        cluster.truncate(readIndex(words[0]));
        return;
      case 'forget':
        cluster.forget(readIndex(words[0]));
        return;
      case 'work':
        for (const index of readList(words[0])) cluster.giveWork(index);
        return;
      case 'distrust':
        for (const index of readList(words[0])) cluster.distrust(index);
        return;
      case 'connect':
        cluster.connect(readIndex(words[0]), readIndex(words[1]));
        return;
      default:
        throw new SyntaxError(`no such command: ${verb}`);
    }
  }

  private heights(): readonly string[] {
    return Array.from({ length: this.cluster.size }, (_, index) => this.cluster.describeHeights(index));
  }

  /** Takes the selected messages off the network, oldest first. */
  private take(selection: Selection): readonly Envelope[] {
    const { onTheWay } = this.cluster;
    const taken = onTheWay.filter((envelope) => isSelected(envelope, selection));
    const kept = onTheWay.filter((envelope) => !isSelected(envelope, selection));
    onTheWay.splice(0, onTheWay.length, ...kept);
    return taken;
  }

  private deliverAll(selection: Selection): void {
    for (let count = 0; count < DELIVERIES_MAX; count++) {
      const { onTheWay } = this.cluster;
      const position = onTheWay.findIndex((envelope) => isSelected(envelope, selection));
      const [envelope] = position < 0 ? [] : onTheWay.splice(position, 1);
      if (envelope === undefined) return;
      this.cluster.deliver(envelope);
    }
    throw new RangeError('the messages do not come to an end');
  }
}

/** The script with the transcript that its commands really give; comments (#) and empty lines stay. */
export function transcribe(text: string): string {
  const run = new ScriptRun();
  const lines: string[] = [];
  let isExpectation = false;
  for (const line of text.trimEnd().split('\n')) {
    const isCommand = !isExpectation && line !== '' && !line.startsWith('#') && line !== '----';
    if (line === '') isExpectation = false;
    if (line === '----') isExpectation = true;
    if (isCommand) lines.push(line, '----', ...run.run(line));
    else if (!isExpectation) lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
