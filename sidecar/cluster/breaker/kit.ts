import { EventEmitter } from 'node:events';
import type { Cancel, Clock } from '../../../shared/time/clock.ts';
import type { ErrorRatePlan } from '../../core/plan/cluster.ts';
import { BUCKETS, Circuit, type CircuitListener } from './circuit.ts';

/** A circuit for a plan; `rotation` as below. */
export function circuit(plan: ErrorRatePlan, rotation: EventEmitter, listener: CircuitListener): Circuit {
  return new Circuit(plan, rotation, listener);
}

/** What turns the windows of all circuits of one length (ms) on, bucket by bucket. */
export function rotation(window: number, clock: Clock): { readonly emitter: EventEmitter; readonly stop: Cancel } {
  const emitter = new EventEmitter().setMaxListeners(0);
  const stop = clock.every(Math.max(1, window / BUCKETS), () => emitter.emit('rotate'));
  return { emitter, stop };
}
