import { failedRequests, p99 } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const resetting: Scenario = {
  name: 'resetting',
  words: 'one of five reads each request and breaks the connection off',
  async happen(stage) {
    await stage.pass(2, 0.5);
    stage.mark('fault');
    stage.fleet.conduct(0, 'reset');
    await stage.pass(10, 1.5);
  },
  measures: [failedRequests(), p99],
};
