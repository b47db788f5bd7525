import { duplicates, failedRequests } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

/** What was sent may have been done, so it must not be sent again: these requests fail, until the backend is left alone. */
export const posting: Scenario = {
  name: 'posting',
  words: 'POST, while one of five reads each request and breaks the connection off',
  method: 'POST',
  async happen(stage) {
    await stage.pass(2, 0.5);
    stage.mark('fault');
    stage.fleet.conduct(0, 'reset');
    await stage.pass(10, 1.5);
  },
  measures: [duplicates, failedRequests()],
};
