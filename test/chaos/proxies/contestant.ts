import type { Place } from '../../bench/contenders/contender.ts';

/** One that stands between the client and the backends. */
export interface Contestant {
  readonly name: string;
  /** What it calls its version, or undefined when it is not here. */
  version(): string | undefined;
  /** What it does about failing backends, in its own words. */
  readonly policy: string;
  /** Writes its configuration and returns the command that runs it in the foreground. */
  command(place: Place): string[];
}

/** What the policies have in common; ms. */
export const terms = {
  /** Of a request, from when it was due. */
  deadline: 1_000,
  /** Of one attempt. */
  perTry: 250,
  retries: 2,
  connect: 250,
  /** Of active checks. */
  check: { interval: 500, timeout: 400, fall: 2, rise: 2 },
  /** Failures in a row that take a backend out. */
  inARow: 5,
} as const;
