import type { DemoMesh } from './mesh.ts';
import type { Record } from './record.ts';

/** What a step says when it is over: the span that it is about, what the numbers show, and whether that is as it should be. */
export interface Outcome {
  readonly from: number;
  readonly to: number;
  readonly says: string;
  readonly good: boolean;
}

export interface Step {
  readonly title: string;
  /** What is about to happen, for the reader. */
  readonly tells: string;
  play(stage: Stage): Promise<Outcome>;
}

export interface Stage {
  readonly mesh: DemoMesh;
  readonly record: Record;
  /** Seconds are stretched by this for people who watch. */
  readonly pace: number;
}

/** How long a policy may take to be everywhere before the numbers are looked at, ms. */
export const SETTLES = 700;

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Watches for `seconds`, beginning once the change is everywhere; answers that span. */
export async function watch({ pace }: Stage, seconds: number): Promise<{ from: number; to: number }> {
  await wait(SETTLES);
  const from = Date.now();
  await wait(seconds * 1000 * pace);
  const to = Date.now();
  // Answers to the last requests of the span are still under way.
  await wait(200);
  return { from, to };
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
