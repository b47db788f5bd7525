import { failedRequests, shareOfFirst } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

/** What answers fast looks idle. Nobody repeats a 429: who limits its callers wants fewer requests. */
export const limited: Scenario = {
  name: 'limited',
  words: 'one of five answers 429 at once, from the first request on',
  before: (fleet) => fleet.conduct(0, 'limited'),
  happen: (stage) => stage.pass(10, 1.5),
  measures: [shareOfFirst(20), failedRequests()],
};
