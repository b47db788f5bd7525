import { failedRequests, p99 } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const killedOne: Scenario = {
  name: 'killed-one',
  words: 'one of five killed (-9), and not started again',
  kills: true,
  async happen(stage) {
    await stage.pass(2, 0.5);
    stage.mark('fault');
    await stage.fleet.signal(0, 'SIGKILL');
    await stage.pass(8, 1.5);
  },
  measures: [failedRequests(0), p99],
};
