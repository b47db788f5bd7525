import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { DemandResult } from '../http/context.ts';

/** What is known of a host that was asked for; `pending` = not known, or known but not in force yet. */
export type HostState = 'known' | 'unknown' | 'pending';

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
/** How long, and how many at most, "there is no such host" is remembered. */
const unknownLife = 5_000;
const maxUnknown = 1_000;
/** A host that nobody called for so long is given up, and how often that is looked at, ms. */
const idleLife = 600_000;
const sweepInterval = 60_000;

interface Host {
  readonly since: number;
  known: boolean;
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
  /** Until when a host counts as unknown; oldest first. */
  readonly #unknown = new Map<string, number>();
  readonly #cancelSweep: Cancel;

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
      this.#hosts.set(name, { since: now, known: true, waiting: new Set(), requests: -1, usedAt: now });
    }
  }

  /** Asks for a name; `done` is called once, at the latest after the patience of one question. */
  ask(name: string, done: (result: DemandResult) => void): void {
    const now = this.#clock.now();
    if ((this.#unknown.get(name) ?? 0) > now) return done('unknown');
    let host = this.#hosts.get(name);
    if (!host) {
      if (this.#pending() >= maxPending) return done('overflow');
      host = { since: now, known: false, waiting: new Set(), requests: -1, usedAt: now };
      this.#hosts.set(name, host);
      this.#wait(host, done);
      this.#sources.onNames();
      return;
    }
    host.usedAt = now;
    if (this.#sources.state(name) === 'known') return done('known');
    this.#wait(host, done);
  }

  /** Something changed: answers those that can be answered. */
  check(): void {
    let changed = false;
    for (const [name, host] of this.#hosts) {
      const state = this.#sources.state(name);
      if (state === 'pending') continue;
      if (state === 'known') host.known = true;
      else {
        this.#hosts.delete(name);
        this.#remember(name);
        changed = true;
      }
      for (const each of host.waiting) {
        each.cancel();
        each.done(state);
      }
      host.waiting.clear();
    }
    if (changed) this.#sources.onNames();
  }

  stop(): void {
    this.#cancelSweep();
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
    for (const host of this.#hosts.values()) if (!host.known) count += 1;
    return count;
  }

  #remember(name: string): void {
    this.#unknown.delete(name);
    this.#unknown.set(name, this.#clock.now() + unknownLife);
    for (const oldest of this.#unknown.keys()) {
      if (this.#unknown.size <= maxUnknown) break;
      this.#unknown.delete(oldest);
    }
  }

  #sweep(): void {
    const now = this.#clock.now();
    let changed = false;
    for (const [name, until] of this.#unknown) if (until <= now) this.#unknown.delete(name);
    for (const [name, host] of this.#hosts) {
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
