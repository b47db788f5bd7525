import type { Clock } from '../../../shared/time/clock.ts';

/** The time as a Date header says it (IMF-fixdate, RFC 9110 5.6.7), made once per second. */
export class DateText {
  readonly #clock: Clock;
  #second = -1;
  #text = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get text(): string {
    const second = Math.floor(this.#clock.wall() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(second * 1000).toUTCString();
    }
    return this.#text;
  }
}
