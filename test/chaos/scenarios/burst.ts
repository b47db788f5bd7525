import { failedRequests, p99 } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const burst: Scenario = {
  name: 'burst',
  words: 'five times as many requests for a while',
  async happen(stage) {
    await stage.pass(2, 0.5);
    stage.mark('fault');
    stage.load(5 * stage.rate);
    await stage.pass(3, 1);
    stage.mark('over');
    stage.load(stage.rate);
    await stage.pass(2, 0.5);
  },
  measures: [failedRequests(), p99],
};
