import type { Turn } from '../../core/turn.ts';

/** What a peer can do to keep us busy without getting anywhere; a limit for each, per WINDOW_MS. */
export const FLOOD = {
  /** Streams that the peer opened and reset before their answer was complete (CVE-2023-44487). */
  resets: 0,
  /** Streams that we had to reset because the peer broke the rules (CVE-2025-8671). */
  errors: 1,
  settings: 2,
  pings: 3,
  /** DATA without data. */
  empty: 4,
  priorities: 5,
  /** Frames of unknown types, or for streams that are gone. */
  useless: 6,
  windowUpdates: 7,
  /** Responses with a 1xx. */
  informs: 8,
  /** Streams above the number that we announced. */
  refusals: 9,
} as const;
export type FloodKind = (typeof FLOOD)[keyof typeof FLOOD];

const KINDS = [
  'streams opened and reset',
  'stream errors',
  'SETTINGS',
  'PING',
  'DATA frames without data',
  'PRIORITY',
  'frames that mean nothing',
  'WINDOW_UPDATE',
  'informational responses',
  'streams above the limit',
] as const;

const WINDOW_MS = 10_000;
const LIMITS = [500, 100, 200, 10_000, 1000, 1000, 1000, 10_000, 1000, 5000];
/** How many more are allowed for each stream that was answered, and for each frame that carried something. */
const PER_STREAM = [1, 0, 0, 1, 1, 4, 64, 4, 2, 1];
const PER_FRAME = [0, 0, 0, 1, 0, 0, 0, 4, 0, 0];

/**
 * Counts by kind what costs us and brings the peer nothing, against what it does that makes sense: who works a lot may
 * also cancel a lot. Windows of time follow each other; the first that is passed ends the connection.
 */
export class Flood {
  readonly #turn: Turn;
  readonly #counts = LIMITS.map(() => 0);
  #since: number;
  #streams = 0;
  #frames = 0;

  constructor(turn: Turn) {
    this.#turn = turn;
    this.#since = turn.now;
  }

  /** A stream was answered to the end. */
  answered(): void {
    this.#streams += 1;
  }

  /** A frame came or went that carries part of a message. */
  carried(): void {
    this.#frames += 1;
  }

  /** Counts one of `kind`; true = that is too many. */
  passes(kind: FloodKind): boolean {
    const count = (this.#counts[kind] as number) + 1;
    this.#counts[kind] = count;
    if (count <= (LIMITS[kind] as number)) return false;
    const { now } = this.#turn;
    if (now - this.#since > WINDOW_MS) {
      this.#since = now;
      this.#streams = 0;
      this.#frames = 0;
      this.#counts.fill(0);
      return false;
    }
    const credit = this.#streams * (PER_STREAM[kind] as number) + this.#frames * (PER_FRAME[kind] as number);
    return count > (LIMITS[kind] as number) + credit;
  }
}

/** What there was too much of. */
export function floodOf(kind: FloodKind): string {
  return `too many ${KINDS[kind]}`;
}
