import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { StatsCollector } from '../../../sidecar/telemetry/collect.ts';
import type { StatsBatch } from '../../../sidecar/telemetry/series.ts';
import { eventually } from '../../support/eventually.ts';

const program = `
  import { parentPort } from 'node:worker_threads';
  import { ThreadStats } from '${new URL('../../../sidecar/telemetry/stats.ts', import.meta.url)}';
  const stats = new ThreadStats({ mark: (output) => output.flush() }, (batch) => parentPort.postMessage(batch));
  const requests = stats.counter('cluster', 'cart', 'rq');
  const time = stats.histogram('cluster', 'cart', 'time');
  parentPort.on('message', (count) => {
    for (let at = 0; at < count; at += 1) {
      requests.inc();
      time.record(3);
    }
    parentPort.postMessage('done');
  });
`;

test('main reads what worker threads count without their help, also after they are gone', async () => {
  const collector = new StatsCollector();
  const workers = [0, 1].map((thread) => {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    let done = 0;
    worker.on('message', (message: StatsBatch | 'done') => {
      if (message === 'done') done += 1;
      else collector.accept(thread, message);
    });
    return { worker, thread, done: () => done };
  });
  const total = (): number => collector.value('counter', 'cluster', 'cart', 'rq');
  try {
    for (const { worker } of workers) worker.postMessage(10_000);
    await eventually(() => workers.every((each) => each.done() === 1));
    assert.equal(total(), 20_000);
    await workers[0]?.worker.terminate();
    collector.retire(0);
    assert.equal(total(), 20_000);
    workers[1]?.worker.postMessage(5);
    await eventually(() => total() === 20_005);
    assert.equal(collector.samples().find((each) => each.name === 'time')?.value, 3 * 20_005);
  } finally {
    await Promise.all(workers.map((each) => each.worker.terminate()));
  }
});
