import { pageBytes, ROW, SHARED_CELLS, SLOTS_PER_PAGE, type Slot, SlotTable } from '../core/slots.ts';

/** The cells that count what is under way; a slot is in use as long as one of them is not 0. */
const UNDER_WAY = [ROW.active, ROW.pending, ROW.retries, ROW.connections];

/** Slots of one cluster: its own, and one per endpoint address. */
interface Holding {
  readonly own: number;
  /** For requests of high priority, once asked for. */
  high: number | undefined;
  readonly byAddress: Map<string, number>;
}

/** A slot that no plan names from `epoch` on; it may still be written by workers that have not got there. */
interface Released {
  readonly slot: number;
  readonly epoch: number;
}

/**
 * Main's book of slots (decision D2): one per cluster and one per (cluster, address), from fixed pages. A slot that no
 * plan names any more is free again once every worker is past that epoch and nothing of it is under way. Freed slots are
 * taken again oldest first, so that a message about the former owner is long gone by then.
 */
export class SlotAllocator {
  /** Main's view of all pages. */
  readonly table: SlotTable;
  readonly #announce: (page: SharedArrayBuffer) => void;
  readonly #pages: SharedArrayBuffer[] = [];
  readonly #clusters = new Map<string, Holding>();
  #released: Released[] = [];
  #free: number[] = [];

  /** `announce` sends a new page to the workers; it is called before any slot of that page is handed out. */
  constructor(workers: number, announce: (page: SharedArrayBuffer) => void) {
    this.table = new SlotTable(workers, -1);
    this.#announce = announce;
  }

  /** All pages, in order: what a new worker starts with. */
  get pages(): readonly SharedArrayBuffer[] {
    return this.#pages;
  }

  /** Slots in use or not yet free again. */
  get used(): number {
    return this.#pages.length * SLOTS_PER_PAGE - this.#free.length;
  }

  /** The slot of a cluster's own limits, or of those for high priority; the same until the cluster is dropped. */
  clusterSlot(cluster: string, priority?: 'high'): number {
    const holding = this.#holding(cluster);
    if (priority === undefined) return holding.own;
    holding.high ??= this.#take();
    return holding.high;
  }

  /**
   * The slots of a cluster's endpoints, one per address (`ip:port`). The list replaces the former one: what it does not
   * name is released from `epoch` on, the epoch of the delta that carries this list.
   */
  endpointSlots(cluster: string, addresses: readonly string[], epoch: number): number[] {
    const { byAddress } = this.#holding(cluster);
    const named = new Set(addresses);
    for (const [address, slot] of byAddress) {
      if (named.has(address)) continue;
      byAddress.delete(address);
      this.#released.push({ slot, epoch });
    }
    return addresses.map((address) => {
      let slot = byAddress.get(address);
      if (slot === undefined) {
        slot = this.#take();
        byAddress.set(address, slot);
      }
      return slot;
    });
  }

  /** Releases all slots of a cluster that no plan names from `epoch` on. */
  dropCluster(cluster: string, epoch: number): void {
    const holding = this.#clusters.get(cluster);
    if (!holding) return;
    this.#clusters.delete(cluster);
    this.#released.push({ slot: holding.own, epoch });
    if (holding.high !== undefined) this.#released.push({ slot: holding.high, epoch });
    for (const slot of holding.byAddress.values()) this.#released.push({ slot, epoch });
  }

  /** Frees released slots. `epoch` is the oldest epoch in force in any live worker. To be called now and then. */
  sweep(epoch: number): void {
    this.#released = this.#released.filter((released) => {
      const slot = this.table.slot(released.slot);
      if (released.epoch > epoch || UNDER_WAY.some((cell) => slot.sum(cell) !== 0)) return true;
      this.#reset(slot);
      this.#free.push(released.slot);
      return false;
    });
  }

  /** A worker died: what it had under way is over, so its rows read 0 again; what it counted stays in the totals. */
  retireWorker(worker: number): void {
    for (let slot = 0; slot < this.#pages.length * SLOTS_PER_PAGE; slot += 1) this.table.slot(slot).foldRow(worker);
  }

  #holding(cluster: string): Holding {
    let holding = this.#clusters.get(cluster);
    if (!holding) {
      holding = { own: this.#take(), high: undefined, byAddress: new Map() };
      this.#clusters.set(cluster, holding);
    }
    return holding;
  }

  #take(): number {
    if (this.#free.length === 0) {
      const page = new SharedArrayBuffer(pageBytes(this.table.workers));
      const first = this.#pages.length * SLOTS_PER_PAGE;
      this.#pages.push(page);
      this.table.addPage(page);
      this.#announce(page);
      this.#free = Array.from({ length: SLOTS_PER_PAGE }, (_, index) => first + index);
    }
    return this.#free.shift() as number;
  }

  #reset(slot: Slot): void {
    for (let worker = 0; worker < this.table.workers; worker += 1) slot.clearRow(worker);
    for (let cell = 0; cell < SHARED_CELLS; cell += 1) slot.setShared(cell, 0);
  }
}
