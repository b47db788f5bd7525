/**
 * What one line of the access log costs the thread that writes it, in both forms, written to /dev/null: run by hand with
 * `node test/bench/access-log.ts`. The goal is 2 us a line.
 */
import { systemClock } from '../../shared/time/clock.ts';
import type { AccessLogPlan } from '../../sidecar/core/plan/access-log.ts';
import { AccessLog, DEFAULT_FORMAT } from '../../sidecar/telemetry/access-log.ts';
import { LogFiles } from '../../sidecar/telemetry/log-files.ts';
import { exchangeOf } from '../support/exchange.ts';

const LINES = 100_000;
const headers = ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64)', 'x-forwarded-for', '10.0.0.1', 'accept', '*/*'];

for (const [name, format] of [
  ['json', { kind: 'json' }],
  ['text', { kind: 'text', text: DEFAULT_FORMAT }],
] as const) {
  const files = new LogFiles(systemClock, (file, error) => console.error(file, error.message));
  const plan: AccessLogPlan = { path: '/dev/null', format, only: 'all' };
  const log = new AccessLog([plan], files, systemClock);
  const x = Object.assign(exchangeOf({ path: '/api/items/42?x=1', authority: 'cart.shop:8080', headers }), {
    status: 200,
    detail: 'via_upstream',
    cluster: 'cart.shop:8080',
    upstream: '10.0.0.7:8080',
    requestId: '53a4f39d-a497-4d14-9743-0000002dc6bf',
    bytesSent: 512,
    responseStart: 1002,
    ended: 1003,
  });
  for (let round = 0; round < 5; round += 1) {
    const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()];
    for (let at = 0; at < LINES; at += 1) {
      log.record(x);
      // As between the turns of an event loop: the file's writes happen meanwhile.
      if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await files.drain();
    const [own, whole] = [process.threadCpuUsage(thread), process.cpuUsage(all)];
    const perLine = ({ system, user }: { system: number; user: number }): string =>
      ((system + user) / LINES).toFixed(2);
    console.log(`${name}: CPU of the thread ${perLine(own)} us a line, of the process ${perLine(whole)} us`);
  }
  files.keep(new Set());
}
