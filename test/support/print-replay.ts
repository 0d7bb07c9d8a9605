/**
 * node scripts/run-typescript.mjs test/support/print-replay.ts
 * Executes the sample chain and prints what came out, and where. What differs between machines and must not matter (clock,
 * randomness, locale) is taken away before: whoever asks for it fails.
 */
import { replayChain } from './replay-chain.js';

export interface Replay {
  readonly locale: string;
  readonly timeZone: string;
  readonly heights: readonly string[];
}

function takeAway(): void {
  const unavailable = (): never => {
    throw new Error('differs between machines');
  };
  Math.random = unavailable;
  const absent = { get: unavailable, apply: unavailable, construct: unavailable };
  Object.assign(globalThis, { Date: new Proxy(Date, absent), Intl: new Proxy(Intl, absent) });
}

const { locale, timeZone } = new Intl.DateTimeFormat().resolvedOptions();
takeAway();
const replay: Replay = { locale, timeZone, heights: replayChain() };
process.stdout.write(`${JSON.stringify(replay)}\n`);
