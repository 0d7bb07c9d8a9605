/**
 * From a failing run to a small one that fails alike (ddmin: Zeller and Hildebrandt, 2002): transactions, planned faults,
 * decisions and whole faulty validators are left out as long as the same kind of problem remains.
 */
import { FaultPlan, type Schedule } from './fault-plan.js';
import type { SimulationOptions } from './options.js';
import { runSeed, type SimulationResult } from './run-seed.js';

export interface Failure {
  readonly options: SimulationOptions;
  readonly schedule: Schedule;
  readonly problem: string;
}

type Item =
  | { readonly kind: 'fault'; readonly fault: Schedule['faults'][number] }
  | { readonly kind: 'transaction'; readonly transaction: Schedule['transactions'][number] }
  | { readonly kind: 'decision'; readonly decision: string }
  | { readonly kind: 'validator'; readonly index: number };

/** The first word says what kind of problem it is. */
function kindOf(problem: string): string {
  return problem.split(/[ :]/, 1)[0] ?? '';
}

function itemsOf({ options, schedule }: Failure): readonly Item[] {
  return [
    ...Object.keys(options.faulty).map((index): Item => ({ kind: 'validator', index: Number(index) })),
    ...schedule.faults.map((fault): Item => ({ kind: 'fault', fault })),
    ...schedule.transactions.map((transaction): Item => ({ kind: 'transaction', transaction })),
    ...schedule.decisions.map((decision): Item => ({ kind: 'decision', decision })),
  ];
}

function withItems({ options, problem }: Failure, items: readonly Item[]): Failure {
  const faulty = Object.fromEntries(
    items.flatMap((item) => (item.kind === 'validator' ? [[item.index, options.faulty[item.index]!]] : [])),
  );
  return {
    options: { ...options, faulty },
    problem,
    schedule: {
      faults: items.flatMap((item) => (item.kind === 'fault' ? [item.fault] : [])),
      transactions: items.flatMap((item) => (item.kind === 'transaction' ? [item.transaction] : [])),
      decisions: items.flatMap((item) => (item.kind === 'decision' ? [item.decision] : [])),
    },
  };
}

/** Runs a schedule as it is written. */
export function replay({ options, schedule }: Omit<Failure, 'problem'>): Promise<SimulationResult> {
  return runSeed(options, new FaultPlan(schedule));
}

/** Takes out ever smaller parts until none can go, or until `deadlineMs` (performance.now). */
export async function shrink(failure: Failure, deadlineMs: number): Promise<Failure> {
  let items = itemsOf(failure);
  let parts = 2;
  while (items.length >= 2 && performance.now() < deadlineMs) {
    const size = Math.ceil(items.length / parts);
    let isSmaller = false;
    for (let start = 0; start < items.length && performance.now() < deadlineMs; start += size) {
      const rest = [...items.slice(0, start), ...items.slice(start + size)];
      const { problem } = await replay(withItems(failure, rest));
      if (problem === undefined || kindOf(problem) !== kindOf(failure.problem)) continue;
      items = rest;
      parts = Math.max(2, parts - 1);
      isSmaller = true;
      break;
    }
    if (isSmaller) continue;
    if (parts >= items.length) break;
    parts = Math.min(items.length, 2 * parts);
  }
  return withItems(failure, items);
}
