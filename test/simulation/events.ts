/** Things that happen at times to come, in virtual time: a binary heap; equal times in order of their planning. */
export class Events {
  /** Ms. */
  now = 0;
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #actions: (() => void)[] = [];
  #planned = 0;

  after(ms: number, action: () => void): void {
    this.#times.push(this.now + ms);
    this.#orders.push(this.#planned);
    this.#actions.push(action);
    this.#planned += 1;
    this.#rise(this.#times.length - 1);
  }

  /** Runs everything that happens up to `end`. */
  run(end: number): void {
    while (this.#times.length > 0 && (this.#times[0] as number) <= end) {
      this.now = this.#times[0] as number;
      this.#takeFirst()();
    }
    this.now = end;
  }

  #takeFirst(): () => void {
    const action = this.#actions[0] as () => void;
    const last = this.#times.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    this.#orders.pop();
    this.#actions.pop();
    this.#sink(0);
    return action;
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    const size = this.#times.length;
    for (let at = from; ; ) {
      let child = 2 * at + 1;
      if (child >= size) return;
      if (child + 1 < size && this.#before(child + 1, child)) child += 1;
      if (!this.#before(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #before(one: number, other: number): boolean {
    const [left, right] = [this.#times[one] as number, this.#times[other] as number];
    return left < right || (left === right && (this.#orders[one] as number) < (this.#orders[other] as number));
  }

  #swap(one: number, other: number): void {
    const [times, orders, actions] = [this.#times, this.#orders, this.#actions];
    const [time, order, action] = [times[one] as number, orders[one] as number, actions[one] as () => void];
    times[one] = times[other] as number;
    orders[one] = orders[other] as number;
    actions[one] = actions[other] as () => void;
    times[other] = time;
    orders[other] = order;
    actions[other] = action;
  }
}
