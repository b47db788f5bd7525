import { failedRequests, p99 } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const flapping: Scenario = {
  name: 'flapping',
  words: 'one of five is killed and started again, over and over: half a second down, one up',
  kills: true,
  async happen(stage) {
    const { fleet } = stage;
    await stage.pass(2, 0.5);
    stage.mark('fault');
    for (let round = 0; round < (stage.short ? 2 : 8); round += 1) {
      await fleet.signal(0, 'SIGKILL');
      await stage.pass(0.5, 0.4);
      await fleet.start(0);
      await stage.pass(1, 0.6);
    }
  },
  measures: [failedRequests(), p99],
};
