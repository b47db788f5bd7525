import type { BackendCounts } from '../../programs/chaos-backend.ts';
import type { Sample } from '../../programs/chaos-client.ts';
import type { Fleet } from './fleet.ts';

/** Times and rates; there is a short form of a run. */
export interface Scale {
  readonly short: boolean;
  /** Requests per second. */
  readonly rate: number;
}

/** Where a scenario happens, while the load runs. */
export interface Stage extends Scale {
  readonly fleet: Fleet;
  /** Seconds of the long and of the short form. */
  pass(long: number, short: number): Promise<void>;
  /** From now on, ms since the load began: for the measures. */
  mark(name: string): void;
  /** Changes the load, per second. */
  load(rate: number): void;
}

/** What one proxy made of a scenario. */
export interface Run {
  readonly proxy: string;
  readonly samples: readonly Sample[];
  /** Each backend's, at the end. */
  readonly backends: readonly BackendCounts[];
  /** Ms since the load began, by name. */
  readonly marks: Readonly<Record<string, number>>;
  /** A response whose head was forwarded cannot be repeated: cut off, it is not held against the proxy. */
  readonly kills: boolean;
}

/** A figure of a run. Smaller is better. */
export interface Measure {
  readonly words: string;
  /** Digits after the point. */
  readonly digits: number;
  of(run: Run): number;
  /** What Aya promises: at most this. */
  readonly goal?: number;
  /** Aya's is at most HAProxy's x `times` + `plus`; without, it is not compared. */
  readonly margin?: { readonly times: number; readonly plus: number };
}

export interface Scenario {
  readonly name: string;
  readonly words: string;
  readonly method?: 'GET' | 'POST';
  readonly kills?: boolean;
  readonly longOnly?: boolean;
  /** Something is wrong from the first request on. */
  before?(fleet: Fleet): void;
  happen(stage: Stage): Promise<void>;
  /** The first is what it is about. */
  readonly measures: readonly Measure[];
}
