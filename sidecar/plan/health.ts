import { FLAG, type SlotTable } from '../core/slots.ts';
import { setFlag } from '../worker/availability.ts';
import type { EndpointHealth } from './settlement.ts';

/** Writes what discovery says of the health of endpoints into their slots; main only, before the delta is handed out. */
export function applyHealth(table: SlotTable, health: readonly EndpointHealth[]): void {
  for (const { clusterSlot, slot, flags } of health) {
    const [endpoint, cluster] = [table.slot(slot), table.slot(clusterSlot)];
    setFlag(endpoint, cluster, 'unhealthy', (flags & FLAG.unhealthy) !== 0);
    setFlag(endpoint, cluster, 'draining', (flags & FLAG.draining) !== 0);
    setFlag(endpoint, cluster, 'degraded', (flags & FLAG.degraded) !== 0);
  }
}
