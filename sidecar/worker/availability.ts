import { FLAG, SHARED, type Slot } from '../core/slots.ts';

/**
 * Main sets or clears one flag of an endpoint and tells the workers by the generation of its cluster's slot: the next
 * pick of each worker looks again. Every writer of flags (ejection, health, draining) comes through here.
 */
export function setFlag(endpoint: Slot, cluster: Slot, flag: keyof typeof FLAG, on: boolean): void {
  const flags = endpoint.shared(SHARED.flags);
  const next = on ? flags | FLAG[flag] : flags & ~FLAG[flag];
  if (next === flags) return;
  endpoint.setShared(SHARED.flags, next);
  cluster.setShared(SHARED.generation, (cluster.shared(SHARED.generation) + 1) | 0);
}
