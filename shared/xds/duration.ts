import type { Duration } from './messages.gen.ts';

/** Milliseconds, with a fraction, of a google.protobuf.Duration; undefined stays undefined. */
export function toMs(duration: Duration): number;
export function toMs(duration: Duration | undefined): number | undefined;
export function toMs(duration: Duration | undefined): number | undefined {
  return duration && duration.seconds * 1_000 + duration.nanos / 1_000_000;
}

/** A google.protobuf.Duration of `ms` milliseconds, to the nanosecond. Both parts have the sign of `ms`. */
export function fromMs(ms: number): Duration {
  const seconds = Math.trunc(ms / 1_000);
  const nanos = Math.round((ms - seconds * 1_000) * 1_000_000);
  if (Math.abs(nanos) === 1_000_000_000) return { seconds: seconds + Math.sign(nanos), nanos: 0 };
  return { seconds, nanos };
}
