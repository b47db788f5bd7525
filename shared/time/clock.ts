import { performance } from 'node:perf_hooks';

/** Cancels a pending timer; calling it again, or after it fired, does nothing. */
export type Cancel = () => void;

/** Time as a parameter: nothing outside `shared/time` reads a clock or sets a timer of its own. */
export interface Clock {
  /** Monotonic milliseconds, with a fraction. Only differences mean something. */
  now(): number;
  /** Wall-clock milliseconds since the epoch: for logs and API objects, never for measuring. */
  wall(): number;
  /** Runs `action` once, `ms` from now. The timer does not keep the process alive. */
  after(ms: number, action: () => void): Cancel;
  /** Runs `action` each `ms`. The timer does not keep the process alive. */
  every(ms: number, action: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, action) {
    const timer = setInterval(action, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Resolves `ms` from now by `clock`; keeps a waiting process alive only if something else does. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
