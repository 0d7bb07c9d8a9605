/** Says everything many times over, and what it said long ago again. */
import type { PeerMessage } from '../../../../src/node/ports.js';
import type { PeerIndex } from '../../../../src/protocol/primitives/identifiers.js';
import { Voice } from './voice.js';

const REMEMBERED = 200;
const TIMES = 4;

export class Flooder extends Voice {
  private readonly said: PeerMessage[] = [];

  protected override prepare(message: PeerMessage): void {
    this.said.push(message);
    if (this.said.length > REMEMBERED) this.said.shift();
  }

  protected override wordsFor(to: PeerIndex, message: PeerMessage): readonly PeerMessage[] {
    const random = this.lie(message, to, 0.5);
    if (random === undefined) return [message];
    return [message, ...Array.from({ length: TIMES }, () => random.pick([message, random.pick(this.said)]))];
  }
}
