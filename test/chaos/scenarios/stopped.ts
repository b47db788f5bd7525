import { failedRequests, recovery } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

/** Its connections stand, the system goes on to take new ones, and nothing is ever answered. */
export const stopped: Scenario = {
  name: 'stopped',
  words: 'one of five stands still (SIGSTOP), and goes on later',
  async happen(stage) {
    const { fleet } = stage;
    await stage.pass(2, 1);
    stage.mark('fault');
    await fleet.signal(0, 'SIGSTOP');
    await stage.pass(8, 2.5);
    stage.mark('over');
    await fleet.signal(0, 'SIGCONT');
    await stage.pass(2, 0.3);
  },
  measures: [recovery(2), failedRequests()],
};
