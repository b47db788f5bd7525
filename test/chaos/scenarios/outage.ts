import { backAfter } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

/** Everybody has failed checks and is to blame; nobody may be held back by that when they are there again. */
export const outage: Scenario = {
  name: 'outage',
  words: 'all five are killed (-9) at once, and started again',
  kills: true,
  async happen(stage) {
    const { fleet } = stage;
    await stage.pass(2, 0.5);
    const all = [...fleet.ports.keys()];
    await Promise.all(all.map((which) => fleet.signal(which, 'SIGKILL')));
    await stage.pass(2, 0.8);
    await Promise.all(all.map((which) => fleet.start(which)));
    stage.mark('back');
    await stage.pass(4, 1.5);
  },
  measures: [backAfter(1.5)],
};
