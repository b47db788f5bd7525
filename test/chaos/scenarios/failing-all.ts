import { attempts, repetition } from '../ground/measures.ts';
import type { Scenario } from '../ground/scenario.ts';

export const failingAll: Scenario = {
  name: 'failing-all',
  words: 'all five answer 500, from the first request on',
  before(fleet) {
    for (const which of fleet.ports.keys()) fleet.conduct(which, 'failing');
  },
  happen: (stage) => stage.pass(10, 1.5),
  measures: [attempts(1.2), repetition],
};
