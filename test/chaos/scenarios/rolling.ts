import { duplicates, failedRequests, p99 } from '../ground/measures.ts';
import type { Scenario, Stage } from '../ground/scenario.ts';

async function restartAll(stage: Stage, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  await stage.pass(2, 0.5);
  stage.mark('fault');
  for (const which of stage.fleet.ports.keys()) {
    await stage.fleet.restart(which, signal);
    await stage.pass(1.5, 0.3);
  }
}

export const rollingGracefully: Scenario = {
  name: 'rolling',
  words: 'all five are restarted, one after the other, and end gracefully (SIGTERM)',
  happen: (stage) => restartAll(stage, 'SIGTERM'),
  measures: [failedRequests(0), p99],
};

export const rollingKilled: Scenario = {
  name: 'rolling-9',
  words: 'all five are restarted, one after the other, by kill -9',
  kills: true,
  happen: (stage) => restartAll(stage, 'SIGKILL'),
  measures: [failedRequests(), p99],
};

/** Who closes an idle connection in the moment in which a request is written to it has read it, or has not: nobody knows. */
export const rollingPosts: Scenario = {
  name: 'rolling-post',
  words: 'POST, while all five are restarted gracefully (long form only)',
  longOnly: true,
  method: 'POST',
  happen: (stage) => restartAll(stage, 'SIGTERM'),
  measures: [duplicates, failedRequests()],
};
