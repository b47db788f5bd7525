import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '../../../shared/time/clock.ts';
import { VirtualClock } from '../../../shared/time/virtual-clock.ts';
import type { Exchange } from '../../../sidecar/core/exchange.ts';
import { RESPONSE_FLAG } from '../../../sidecar/core/outcome.ts';
import type { AccessLogPlan } from '../../../sidecar/core/plan/access-log.ts';
import { AccessLog } from '../../../sidecar/telemetry/access-log.ts';
import { LogFiles } from '../../../sidecar/telemetry/log-files.ts';
import { eventually } from '../../support/eventually.ts';
import { exchangeOf } from '../../support/exchange.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'aya-access-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const lines = (file: string): number => readFileSync(file, 'utf8').split('\n').length - 1;
let files = 0;
const fresh = (): string => path.join(folder, `${(files += 1)}.log`);

function over(status: number, flags = 0): Exchange {
  const x = exchangeOf({ path: '/a"b', headers: ['user-agent', 'curl/8\\'] });
  return Object.assign(x, {
    status,
    flags,
    requestId: `id-${status}`,
    ended: x.started + 5,
    responseStart: x.started + 4,
  });
}

const plan = (file: string, rest: Partial<AccessLogPlan> = {}): AccessLogPlan => ({
  path: file,
  format: { kind: 'json' },
  only: 'all',
  ...rest,
});

const failing = (file: string, error: Error): void => assert.fail(`${file}: ${error.message}`);

test('JSON lines are whole, in order, and on disk once drained', async () => {
  const [file, logs] = [fresh(), new LogFiles(systemClock, failing)];
  const log = new AccessLog([plan(file)], logs, new VirtualClock());
  for (let at = 0; at < 2000; at += 1) log.record(over(200 + (at % 300)), null);
  await logs.drain();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 2000);
  const first = JSON.parse(lines[0] ?? '');
  assert.equal(first.start_time, new Date(new VirtualClock().wall() - 5).toISOString());
  assert.deepEqual(
    [first.path, first.user_agent, first.response_code, first.duration, first.upstream_host, first.request_id],
    ['/a"b', 'curl/8\\', 200, 5, '', 'id-200'],
  );
  for (const [at, line] of lines.entries()) assert.equal(JSON.parse(line).response_code, 200 + (at % 300));
});

test('a JSON line says what its exchange says, whatever the lines before it said', async () => {
  const [file, logs] = [fresh(), new LogFiles(systemClock, failing)];
  const log = new AccessLog([plan(file)], logs, systemClock);
  const agents = ['', '"', '\\', '\u0000\n\u001f', 'caf\u00e9', '\u2028', 'a'.repeat(70_000), 'a', 'a', undefined];
  for (const agent of agents) {
    const x = exchangeOf({ path: agent ?? '/', headers: agent === undefined ? [] : ['user-agent', agent] });
    log.record(
      Object.assign(x, { ended: x.started, upstream: agent ?? '', flags: RESPONSE_FLAG.UF | RESPONSE_FLAG.URX }),
    );
  }
  await logs.drain();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const said = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    said.map((line) => [line.user_agent, line.path, line.upstream_host, line.response_flags, line.response_duration]),
    agents.map((agent) => [agent ?? null, agent ?? '/', agent ?? '', 'UF,URX', null]),
  );
  assert.deepEqual(Object.keys(said[0]), Object.keys(said.at(-1)));
});

test('with "errors" only failures are written', async () => {
  const [file, logs] = [fresh(), new LogFiles(systemClock, failing)];
  const text = { kind: 'text', text: '%RESPONSE_CODE% %RESPONSE_FLAGS%\n' } as const;
  const log = new AccessLog([plan(file, { format: text, only: 'errors' })], logs, systemClock);
  log.record(over(200));
  log.record(over(404));
  log.record(over(500));
  log.record(over(404, RESPONSE_FLAG.NR));
  log.record(over(0, RESPONSE_FLAG.DC));
  await logs.drain();
  assert.equal(readFileSync(file, 'utf8'), '500 -\n404 NR\n0 DC\n');
});

test('a few lines are written after a quarter of a second without being asked for', async () => {
  const [file, logs] = [fresh(), new LogFiles(systemClock, failing)];
  new AccessLog([plan(file)], logs, systemClock).record(over(200));
  await eventually(() => readFileSync(file, 'utf8').endsWith('\n'), 3000);
  logs.keep(new Set());
});

test('two listeners with one file write whole lines into it', async () => {
  const [file, logs] = [fresh(), new LogFiles(systemClock, failing)];
  const both = [1, 2].map(() => new AccessLog([plan(file)], logs, systemClock));
  for (let at = 0; at < 500; at += 1) for (const log of both) log.record(over(200));
  await logs.drain();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 1000);
  for (const line of lines) JSON.parse(line);
});

test('after a rotation lines go to the new file', async () => {
  const [file, logs] = [fresh(), new LogFiles(systemClock, failing)];
  const log = new AccessLog([plan(file)], logs, systemClock);
  log.record(over(200));
  await logs.drain();
  renameSync(file, `${file}.1`);
  logs.reopen();
  // Until it is open lines go to the old one.
  await eventually(() => {
    log.record(over(201));
    return readFileSync(file, 'utf8').includes('"response_code":201');
  }, 3000);
  assert.ok(readFileSync(`${file}.1`, 'utf8').includes('"response_code":200'));
  logs.keep(new Set());
});

test('a file that nobody names any more is closed, and opened again for what a late stream writes', async () => {
  const [file, clock] = [fresh(), new VirtualClock()];
  const logs = new LogFiles(clock, failing);
  const log = new AccessLog([plan(file)], logs, systemClock);
  log.record(over(200));
  await logs.drain();
  logs.keep(new Set());
  clock.advance(500);
  renameSync(file, `${file}.1`);
  log.record(over(201));
  await eventually(() => {
    clock.advance(250);
    return lines(file) === 1;
  });
  assert.equal(lines(`${file}.1`), 1);
});

test('a file that could not be written is tried again', async () => {
  const problems: string[] = [];
  const clock = new VirtualClock();
  const late = path.join(folder, 'late');
  const logs = new LogFiles(clock, (_file, error) => problems.push(error.message));
  const log = new AccessLog([plan(path.join(late, 'access.log'))], logs, systemClock);
  await eventually(() => problems.length === 1);
  log.record(over(200));
  clock.advance(10_250);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(problems.length, 1);
  mkdirSync(late);
  clock.advance(10_250);
  await eventually(() => {
    log.record(over(201));
    clock.advance(250);
    return lines(path.join(late, 'access.log')) > 0;
  });
  assert.doesNotMatch(readFileSync(path.join(late, 'access.log'), 'utf8'), /"response_code":200/);
});

test('a file that cannot be written is reported once and stops nothing', async () => {
  const problems: string[] = [];
  const logs = new LogFiles(systemClock, (file, error) => problems.push(`${file}: ${error.message}`));
  const log = new AccessLog([plan(path.join(folder, 'no', 'such.log'))], logs, systemClock);
  await eventually(() => problems.length > 0);
  for (let at = 0; at < 1000; at += 1) log.record(over(200));
  await logs.drain();
  logs.keep(new Set());
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /such\.log/);
});
