import { eventually } from '../support/eventually.ts';
import { openSockets, wakes } from '../support/process.ts';
import type { Sidecar } from '../support/sidecar.ts';
import type { Tally } from './traffic.ts';

const GAUGES = /(downstream_(cx|rq)_active|upstream_(cx|rq)_active|upstream_rq_pending_active|faults?_active|_open)$/;
const MIB = 1024 * 1024;

/** What must hold at the end of a soak, each said in one line. */
export class Checks {
  passed = 0;
  failed = 0;

  /** `problem` is what is wrong, '' for nothing. */
  that(what: string, problem: string): void {
    if (problem === '') this.passed += 1;
    else this.failed += 1;
    console.log(problem === '' ? `  holds: ${what}` : `  FAILS: ${what}: ${problem}`);
  }

  async #eventually(what: string, check: () => Promise<string>): Promise<void> {
    const problem = await eventually(async () => {
      const found = await check();
      if (found !== '') throw new Error(found);
      return true;
    }, 15_000).then(
      () => '',
      (error: Error) => error.message,
    );
    this.that(what, problem);
  }

  /** Nothing is under way any more: no connection, request, slot, socket or timer. */
  async restored(sidecar: Sidecar, sockets: number): Promise<void> {
    const pid = sidecar.child.pid as number;
    await this.#eventually('all gauges are back at 0', async () =>
      [...(await sidecar.stats())]
        .filter(([name, value]) => GAUGES.test(name) && value !== 0)
        .map(([name, value]) => `${name} is ${value}`)
        .join(', '),
    );
    await this.#eventually('all slots are back at 0', async () =>
      (await sidecar.admin('/clusters'))
        .split('\n')
        .filter((line) => /::(rq|cx)_active::/.test(line) && !line.endsWith('::0'))
        .join(', '),
    );
    await this.#eventually('all sockets are closed', async () => {
      const left = openSockets(pid) - sockets;
      // The admin's own connections may linger for a moment.
      return left <= 2 ? '' : `${left} more than at the start`;
    });
    await this.#eventually('no timer runs', async () => {
      const times = await wakes(pid);
      return times < 35 ? '' : `a data-path thread woke ${times} times in 500 ms`;
    });
  }

  /** What the sidecar counted is what its clients saw; of some requests they cannot know. */
  async counted(sidecar: Sidecar, tally: Tally, others: number): Promise<void> {
    const stats = await sidecar.stats();
    const stat = (name: string): number => stats.get(name) ?? 0;
    // Of those who went before their answer began only the request is counted.
    const open = stat('http.outbound.downstream_rq_total') - stat('http.outbound.downstream_rq_completed');
    this.that(
      'all requests are counted as completed but some of clients that went',
      open >= 0 && open <= 2 * tally.unsure ? '' : `${open} are not`,
    );
    for (const digit of [2, 4, 5]) {
      const seen = (tally.classes[digit] ?? 0) + (digit === 2 ? others : 0);
      const counted = stat(`http.outbound.downstream_rq_${digit}xx`);
      const fits = counted >= seen && counted <= seen + 2 * tally.unsure;
      this.that(`${digit}xx are counted`, fits ? '' : `${counted}, and ${seen} were seen, ${tally.unsure} unsure`);
    }
    const pairs = [
      ['http.outbound.downstream_cx_total', 'http.outbound.downstream_cx_destroy'],
      ['cluster.cart.default_80.upstream_cx_total', 'cluster.cart.default_80.upstream_cx_destroy'],
    ] as const;
    for (const [begun, ended] of pairs) {
      const same = stat(begun) > 0 && stat(begun) === stat(ended);
      this.that(`as many ended as began: ${ended}`, same ? '' : `${stat(begun)} and ${stat(ended)}`);
    }
  }

  /** The last fifth needs no more memory than the second, but for `share`. */
  memory(samples: readonly number[], share: number): void {
    const fifth = Math.floor(samples.length / 5);
    const [early, late] = [middle(samples.slice(fifth, 2 * fifth)), middle(samples.slice(-fifth))];
    const grown = (late - early) / early;
    this.that(
      `memory grew by less than ${share * 100} %`,
      grown < share ? '' : `${Math.round(early / MIB)} MiB, then ${Math.round(late / MIB)} MiB`,
    );
  }
}

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
