import { failedRequests, p99, shareOfFirst } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const slow: Scenario = {
  name: 'slow',
  words: 'one of five answers ten times slower',
  async happen(stage) {
    await stage.pass(2, 0.5);
    stage.mark('fault');
    stage.fleet.conduct(0, 'slow');
    await stage.pass(10, 1.5);
  },
  measures: [p99, shareOfFirst(), failedRequests(0)],
};
