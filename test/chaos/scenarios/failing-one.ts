import { failedPercent, p99 } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const failingOne: Scenario = {
  name: 'failing-one',
  words: 'one of five answers 500, and passes its health check (for a minute; short form: 2 s)',
  async happen(stage) {
    await stage.pass(2, 0.5);
    stage.mark('fault');
    stage.fleet.conduct(0, 'failing');
    await stage.pass(60, 2);
  },
  measures: [failedPercent(0.05), p99],
};
