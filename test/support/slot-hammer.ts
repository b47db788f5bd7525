import { parentPort, workerData } from 'node:worker_threads';
import { ROW, SlotTable } from '../../sidecar/core/slots.ts';

/** What a thread is told: its index, and how often to claim one of `cap` units of slot 3. */
export interface HammerOrder {
  readonly page: SharedArrayBuffer;
  /** [0]: holders now; [1]: the most there ever were; [2]: threads that are ready. */
  readonly inside: SharedArrayBuffer;
  readonly workers: number;
  readonly me: number;
  readonly cap: number;
  readonly rounds: number;
}

/** Claims and releases as fast as it can; tells how many claims were granted and refused. */
function hammer({ page, inside, workers, me, cap, rounds }: HammerOrder): { granted: number; refused: number } {
  const table = new SlotTable(workers, me);
  table.addPage(page);
  const slot = table.slot(3);
  const counts = new Int32Array(inside);
  Atomics.add(counts, 2, 1);
  while (Atomics.load(counts, 2) < workers) Atomics.wait(counts, 2, Atomics.load(counts, 2), 1);
  let granted = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (!slot.claim(ROW.active, cap)) continue;
    granted += 1;
    const holders = Atomics.add(counts, 0, 1) + 1;
    for (let most = Atomics.load(counts, 1); holders > most; most = Atomics.load(counts, 1)) {
      if (Atomics.compareExchange(counts, 1, most, holders) === most) break;
    }
    Atomics.sub(counts, 0, 1);
    slot.release(ROW.active);
  }
  return { granted, refused: rounds - granted };
}

parentPort?.postMessage(hammer(workerData as HammerOrder));
