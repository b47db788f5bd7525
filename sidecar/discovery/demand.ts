import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { DemandResult } from '../http/context.ts';

/**
 * What is known of a host that was asked for; `pending` = not known, or known but not in force yet; `refused` = there is
 * one, with a configuration that could not be taken.
 */
export type HostState = 'known' | 'unknown' | 'pending' | 'refused';

export interface DemandSources {
  /** What discovery and the workers say of a name that is subscribed. */
  state(name: string): HostState;
  /** Requests so far to the clusters behind a name; only changes matter. */
  requests(name: string): number;
  /** `names` changed. */
  onNames(): void;
}

/** At most so many hosts wait for their first answer at once. */
const maxPending = 1_024;
/** How long one question waits, ms. */
const patience = 2_000;
/** How long a host without an answer stays subscribed, so that a slow control plane gets somewhere, ms. */
const pendingLife = 30_000;
/**
 * How long, and for how many hosts at most, "there is no such host" is the answer without a new question. Meanwhile they
 * stay subscribed, so that one that comes into being is known at once.
 */
const unknownLife = 5_000;
const maxUnknown = 1_000;
/** A host that nobody called for so long is given up, and how often that is looked at, ms. */
const idleLife = 600_000;
const sweepInterval = 60_000;

interface Host {
  readonly since: number;
  known: boolean;
  /** Until when the host counts as unknown; 0 = it does not. */
  unknownUntil: number;
  readonly waiting: Set<{ done: (result: DemandResult) => void; cancel: Cancel }>;
  /** Requests at the last look, and since when there were no more. */
  requests: number;
  usedAt: number;
}

/**
 * Hosts that the workers asked for because no virtual host of the plan answers to them (decision D16). Each is a name
 * that virtual host discovery is asked for, until nobody calls it any more.
 */
export class Demand {
  readonly #clock: Clock;
  readonly #sources: DemandSources;
  readonly #hosts = new Map<string, Host>();
  /** Names of unknown hosts, oldest first. */
  readonly #unknown = new Set<string>();
  readonly #cancelSweep: Cancel;
  #cancelForget: Cancel = () => {};

  constructor(clock: Clock, sources: DemandSources) {
    this.#clock = clock;
    this.#sources = sources;
    this.#cancelSweep = clock.every(sweepInterval, () => this.#sweep());
  }

  /** Names that are to be subscribed. */
  get names(): Set<string> {
    return new Set(this.#hosts.keys());
  }

  /** Takes over names that were in use before a restart. */
  restore(names: Iterable<string>): void {
    const now = this.#clock.now();
    for (const name of names) {
      this.#hosts.set(name, { ...fresh(now), known: true });
    }
  }

  /** Asks for a name; `done` is called once, at the latest after the patience of one question. */
  ask(name: string, done: (result: DemandResult) => void): void {
    const now = this.#clock.now();
    let host = this.#hosts.get(name);
    if (!host) {
      if (this.#pending() >= maxPending) return done('overflow');
      host = fresh(now);
      this.#hosts.set(name, host);
      this.#wait(host, done);
      this.#sources.onNames();
      return;
    }
    host.usedAt = now;
    const state = this.#sources.state(name);
    if (state === 'known' || (state === 'unknown' && host.unknownUntil > 0)) return done(state);
    // Waiting would only end the same.
    if (state === 'refused') return done('timeout');
    this.#wait(host, done);
  }

  /** Something changed: answers those that can be answered. */
  check(): void {
    for (const [name, host] of this.#hosts) {
      const state = this.#sources.state(name);
      if (state === 'pending') continue;
      if (state === 'unknown' && host.unknownUntil === 0) this.#remember(name, host);
      if (state === 'known') {
        host.known = true;
        host.unknownUntil = 0;
        this.#unknown.delete(name);
      }
      for (const each of host.waiting) {
        each.cancel();
        each.done(state === 'refused' ? 'timeout' : state);
      }
      host.waiting.clear();
    }
    if (this.#unknown.size <= maxUnknown) return;
    for (const oldest of this.#unknown) {
      this.#giveUp(oldest);
      if (this.#unknown.size <= maxUnknown) break;
    }
    this.#sources.onNames();
  }

  stop(): void {
    this.#cancelSweep();
    this.#cancelForget();
    for (const host of this.#hosts.values()) for (const each of host.waiting) each.cancel();
  }

  #wait(host: Host, done: (result: DemandResult) => void): void {
    const entry = {
      done,
      cancel: this.#clock.after(patience, () => {
        host.waiting.delete(entry);
        done('timeout');
      }),
    };
    host.waiting.add(entry);
  }

  #pending(): number {
    let count = 0;
    for (const host of this.#hosts.values()) if (!host.known && host.unknownUntil === 0) count += 1;
    return count;
  }

  #remember(name: string, host: Host): void {
    host.known = false;
    host.unknownUntil = this.#clock.now() + unknownLife;
    this.#unknown.add(name);
    if (this.#unknown.size === 1) this.#forgetLater();
  }

  /** Gives unknown hosts up when their time is over; the oldest is the first. */
  #forgetLater(): void {
    const [oldest] = this.#unknown;
    if (oldest === undefined) return;
    const until = this.#hosts.get(oldest)?.unknownUntil ?? 0;
    this.#cancelForget();
    this.#cancelForget = this.#clock.after(Math.max(0, until - this.#clock.now()), () => {
      for (const name of this.#unknown) {
        if ((this.#hosts.get(name)?.unknownUntil ?? 0) > this.#clock.now()) break;
        this.#giveUp(name);
      }
      this.#sources.onNames();
      this.#forgetLater();
    });
  }

  #giveUp(name: string): void {
    this.#unknown.delete(name);
    this.#hosts.delete(name);
  }

  #sweep(): void {
    const now = this.#clock.now();
    let changed = false;
    for (const [name, host] of this.#hosts) {
      if (host.unknownUntil > 0) continue;
      const requests = this.#sources.requests(name);
      if (requests !== host.requests) host.usedAt = now;
      host.requests = requests;
      const life = host.known ? now < host.usedAt + idleLife : now < host.since + pendingLife;
      if (life || host.waiting.size > 0) continue;
      this.#hosts.delete(name);
      changed = true;
    }
    if (changed) this.#sources.onNames();
  }
}

function fresh(now: number): Host {
  return { since: now, known: false, unknownUntil: 0, waiting: new Set(), requests: -1, usedAt: now };
}
