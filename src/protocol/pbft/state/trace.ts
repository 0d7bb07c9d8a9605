/** Notes for people: exempt from the durability gate, and nothing depends on them. */
import type { Height } from '../../primitives/identifiers.js';
import type { Effect, TraceKind } from '../effect.js';
import type { ReplicaState } from './replica-state.js';

export function trace(
  state: ReplicaState,
  effects: Effect[],
  kind: TraceKind,
  height: Height,
  detail?: string,
): void {
  const base = { type: 'trace', kind, epoch: state.epoch, view: state.view, height } as const;
  effects.push(detail === undefined ? base : { ...base, detail });
}
