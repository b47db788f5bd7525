import type { Clock } from '../../shared/time/clock.ts';
import type { HeaderList } from '../core/headers.ts';

/**
 * Ms that the head of a gRPC response without a status waits for the status behind it, where the route would retry that:
 * enough for two packets of one answer, and less than anybody notices who waits for the first message.
 */
const GRACE = 2;

/** A response head that was not passed on yet. */
export class HeldHead {
  readonly status: number;
  readonly headers: HeaderList;
  readonly length: number;
  /** Monotonic ms at which it goes on, whatever follows. */
  due = 0;
  readonly holder: HeadHolder;

  constructor(status: number, headers: HeaderList, length: number, holder: HeadHolder) {
    this.status = status;
    this.headers = headers;
    this.length = length;
    this.holder = holder;
  }
}

/** Who holds a head. */
export interface HeadHolder {
  /** Its time is over. It may have gone on meanwhile. */
  pass(head: HeldHead): void;
}

/**
 * The heads of one thread that outlived the read they came with. All wait equally long, so they stand in line and need one
 * timer, finer than those of the wheel.
 */
export class HeadGrace {
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  readonly #around: (run: () => void) => void;
  #line: HeldHead[] = [];

  /** `around` opens a turn. */
  constructor(clock: Pick<Clock, 'after' | 'now'>, around: (run: () => void) => void) {
    this.#clock = clock;
    this.#around = around;
  }

  hold(head: HeldHead): void {
    head.due = this.#clock.now() + GRACE;
    this.#line.push(head);
    if (this.#line.length === 1) this.#wait(GRACE);
  }

  #wait(ms: number): void {
    this.#clock.after(ms, () => this.#around(() => this.#passDue()));
  }

  #passDue(): void {
    const line = this.#line;
    const now = this.#clock.now();
    let passed = 0;
    // Half a ms early is as good as late: a timer of the system has no finer steps.
    while (passed < line.length && (line[passed] as HeldHead).due <= now + 0.5) {
      const head = line[passed] as HeldHead;
      head.holder.pass(head);
      passed += 1;
    }
    this.#line = line.slice(passed);
    const next = this.#line[0];
    if (next !== undefined) this.#wait(Math.max(1, next.due - now));
  }
}
