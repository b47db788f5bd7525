import { LoadEstimate } from '../../sidecar/cluster/prequal/load-estimate.ts';
import type { Events } from './events.ts';

interface Job {
  /** Work done by each job since the start, at which this one is finished. */
  readonly due: number;
  readonly began: number;
  readonly inFlight: number;
  readonly done: (status: number) => void;
}

/** An endpoint that fails answers after this time, ms. */
const FAILS_AFTER = 0.5;

/**
 * One endpoint: a machine that shares its processors evenly among the requests under way, at most one processor for each.
 * How many processors it has may change as time goes, since others on the machine want them too.
 */
export class Replica {
  readonly estimate = new LoadEstimate();
  /** Answers 503 at once. */
  failing = false;
  readonly #events: Events;
  #processors: number;
  /** What a processor does in a ms. */
  #speed: number;
  readonly #jobs: Job[] = [];
  /** Work that each job under way would have got since the start. */
  #work = 0;
  #at = 0;
  #plan = 0;
  /** Processor time used, and requests ended, over about the last second. */
  #used = 0;
  #ended = 0;

  constructor(events: Events, processors: number, speed = 1) {
    this.#events = events;
    this.#processors = processors;
    this.#speed = speed;
  }

  get inFlight(): number {
    return this.#jobs.length;
  }

  set processors(count: number) {
    this.#advance();
    this.#processors = count;
    this.#schedule();
  }

  set speed(speed: number) {
    this.#advance();
    this.#speed = speed;
    this.#schedule();
  }

  /** `work`: ms on a processor of speed 1. */
  serve(work: number, done: (status: number) => void): void {
    if (this.failing) return this.#events.after(FAILS_AFTER, () => this.#fail(done));
    this.#advance();
    const { now } = this.#events;
    this.#insert({ due: this.#work + work, began: now, inFlight: this.#jobs.length, done });
    this.#schedule();
  }

  #fail(done: (status: number) => void): void {
    this.estimate.record(this.#jobs.length, FAILS_AFTER, true, this.#events.now);
    done(503);
  }

  /** Processors used on average over about the last second, and requests that ended per second. */
  load(): { readonly processors: number; readonly rate: number } {
    this.#advance();
    return { processors: this.#used / WINDOW, rate: (1000 * this.#ended) / WINDOW };
  }

  /** Work per ms of each job. */
  #rate(): number {
    const jobs = this.#jobs.length;
    return jobs === 0 ? 0 : this.#speed * Math.min(1, this.#processors / jobs);
  }

  #advance(): void {
    const { now } = this.#events;
    const elapsed = now - this.#at;
    if (elapsed <= 0) return;
    this.#work += this.#rate() * elapsed;
    const kept = Math.exp(-elapsed / WINDOW);
    const busy = Math.min(this.#jobs.length, this.#processors);
    this.#used = this.#used * kept + busy * WINDOW * (1 - kept);
    this.#ended *= kept;
    this.#at = now;
  }

  #schedule(): void {
    this.#plan += 1;
    const [first] = this.#jobs;
    if (!first) return;
    const plan = this.#plan;
    this.#events.after(Math.max(0, (first.due - this.#work) / this.#rate()), () => {
      if (plan !== this.#plan) return;
      this.#advance();
      // What is due now up to rounding.
      this.#work = Math.max(this.#work, first.due);
      this.#jobs.shift();
      this.#ended += 1;
      this.#schedule();
      this.estimate.record(first.inFlight, this.#events.now - first.began, false, this.#events.now);
      first.done(200);
    });
  }

  /** By due work. */
  #insert(job: Job): void {
    let [low, high] = [0, this.#jobs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#jobs[middle] as Job).due <= job.due) low = middle + 1;
      else high = middle;
    }
    this.#jobs.splice(low, 0, job);
  }
}

/** Of the averages, ms. */
const WINDOW = 1_000;
