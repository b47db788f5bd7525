import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, httpListener, temporaryFile } from '../../support/bootstrap.ts';
import { clusterPieces, listenerPiece, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/http-call.ts';
import { clusterPlan, forwardPlan, prefix, routePlan } from '../../support/route-plan.ts';
import { type Sidecar, startSidecar } from '../../support/sidecar.ts';

const numbers = (file: string): number[] => {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  assert.ok(text === '' || text.endsWith('\n'), 'whole lines');
  return text.split('\n').filter(Boolean).map(Number);
};

const ways: [name: string, tell: (sidecar: Sidecar) => unknown][] = [
  ['SIGUSR1', (sidecar) => sidecar.child.kill('SIGUSR1')],
  ['POST /reopen_logs', (sidecar) => sidecar.admin('/reopen_logs', 'POST')],
];

for (const [name, tell] of ways) {
  test(`after a rotation and ${name} both workers write to the new file, and no line is lost on the way`, async (t) => {
    const { file, remove } = temporaryFile('access.log', '');
    t.after(remove);
    const backend = await httpBackend(t);
    const manager = { access_log: [accessLogFile(file, '%REQ(X-NUMBER)%\n')] };
    const sidecar = await startSidecar(
      t,
      bootstrap([httpListener({ manager })], [cluster('cart', [backend.port])]),
      '--concurrency',
      '2',
    );
    let sent = 0;
    // A connection each, so that both workers get their share.
    const some = (count: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: count }, () => {
          sent += 1;
          return call(sidecar.port(), { headers: { 'x-number': sent }, agent: new http.Agent() });
        }),
      );
    await some(40);
    for (let rotation = 1; rotation <= 3; rotation += 1) {
      renameSync(file, `${file}.${rotation}`);
      const during = some(40);
      await tell(sidecar);
      await during;
      await eventually(() => existsSync(file));
      await some(40);
    }
    const files = [file, ...[1, 2, 3].map((rotation) => `${file}.${rotation}`)];
    await eventually(() => files.flatMap(numbers).length >= sent);
    const all = files.flatMap(numbers).sort((a, b) => a - b);
    assert.deepEqual(
      all,
      Array.from({ length: sent }, (_, at) => at + 1),
    );
    // Nobody holds what was rotated away: deleting it would give its space back.
    const open = (): string[] =>
      readdirSync(`/proc/${sidecar.child.pid}/fd`).flatMap((each) => {
        try {
          return readlinkSync(`/proc/${sidecar.child.pid}/fd/${each}`);
        } catch {
          return [];
        }
      });
    await eventually(() =>
      open()
        .filter((each) => each.startsWith(path.dirname(file)))
        .every((each) => each === file),
    );
    // The next rotation finds only what came since.
    await eventually(() => numbers(file).length > 0);
  });
}

test('a log that no listener names any more is closed, and one that a listener names again is opened', async (t) => {
  const { folder, remove } = temporaryFile('keep', '');
  t.after(remove);
  const backend = await httpBackend(t);
  const [first, second] = ['first.log', 'second.log'].map((name) => path.join(folder, name)) as [string, string];
  const to = (file: string) =>
    listenerPiece({ accessLogs: [{ path: file, format: { kind: 'text', text: '%RESPONSE_CODE%\n' }, only: 'all' }] });
  const routes = routePiece([
    routePlan('cart', prefix('/'), { action: forwardPlan({ clusters: [clusterPlan('cart')], timeout: 5000 }) }),
  ]);
  const worker = new WorkerUnderTest(t, [...clusterPieces('cart', 0, [backend.port]), routes, to(first)]);
  const open = (file: string): boolean =>
    readdirSync('/proc/self/fd').some((each) => {
      try {
        return readlinkSync(`/proc/self/fd/${each}`) === file;
      } catch {
        return false;
      }
    });
  await call(worker.port);
  await eventually(() => numbers(first).length === 1 && open(first));
  worker.apply([to(second)]);
  await call(worker.port);
  await eventually(() => numbers(second).length === 1 && open(second) && !open(first));
  worker.apply([to(first)]);
  await call(worker.port);
  await eventually(() => numbers(first).length === 2 && open(first) && !open(second));
});
