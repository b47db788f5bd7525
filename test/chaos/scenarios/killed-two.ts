import { failedRequests, p99 } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const killedTwo: Scenario = {
  name: 'killed-two',
  words: 'two of five killed (-9) at once',
  kills: true,
  async happen(stage) {
    const { fleet } = stage;
    await stage.pass(2, 0.5);
    stage.mark('fault');
    await Promise.all([fleet.signal(0, 'SIGKILL'), fleet.signal(1, 'SIGKILL')]);
    await stage.pass(8, 1.5);
  },
  measures: [failedRequests(), p99],
};
