import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RunningApi, startApi } from '../support/api.ts';
import { document } from '../support/documents.ts';
import { eventually } from '../support/eventually.ts';

const services = '/api/v1/namespaces/shop/services';
const merge = 'application/merge-patch+json';
const service = (name: string, labels: Record<string, string> = {}, namespace = 'shop') => {
  const object = document('Service', name, { ports: [{ port: 80 }] }, namespace);
  return { ...object, metadata: { name, namespace, labels } };
};

interface Event {
  type: string;
  object: { metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> } };
}

/** Reads a watch as it comes. */
function watch(api: RunningApi, path: string) {
  const events: Event[] = [];
  const stop = new AbortController();
  const done = (async () => {
    const response = await fetch(`${api.url}${path}`, { signal: stop.signal });
    assert.equal(response.status, 200);
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.map((line) => JSON.parse(line)));
    }
  })();
  const names = () => events.map(({ type, object }) => `${type} ${object.metadata.name}`);
  return { events, names, stop: () => stop.abort(), done: done.catch((error) => error) };
}

describe('a watch', () => {
  let api: RunningApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  test('goes on from the version of a list, and misses nothing', async () => {
    await api.call('POST', services, service('a'));
    const { resourceVersion } = (await api.call('GET', services)).body.metadata;
    await api.call('POST', services, service('b'));
    const watching = watch(api, `${services}?watch=true&resourceVersion=${resourceVersion}`);
    await eventually(() => watching.events.length === 1);
    await api.call('PATCH', `${services}/b`, { metadata: { labels: { x: 'y' } } }, merge);
    await api.call('DELETE', `${services}/a`);
    await eventually(() => watching.events.length === 3);
    assert.deepEqual(watching.names(), ['ADDED b', 'MODIFIED b', 'DELETED a']);
    const versions = watching.events.map(({ object }) => Number(object.metadata.resourceVersion));
    assert.deepEqual(
      versions,
      versions.toSorted((x, y) => x - y),
    );
    watching.stop();
    await api.call('DELETE', services);
  });

  test('begins with what is there when it names no version', async () => {
    await api.call('POST', services, service('here'));
    const watching = watch(api, `${services}?watch=1`);
    await eventually(() => watching.events.length === 1);
    assert.deepEqual(watching.names(), ['ADDED here']);
    watching.stop();
    await api.call('DELETE', services);
  });

  test('says where the beginning ends when asked to', async () => {
    await api.call('POST', services, service('here'));
    const query = 'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const watching = watch(api, `${services}?${query}`);
    await eventually(() => watching.events.length === 2);
    assert.equal(watching.events[1]?.type, 'BOOKMARK');
    assert.equal(watching.events[1]?.object.metadata.annotations?.['k8s.io/initial-events-end'], 'true');
    watching.stop();
    await api.call('DELETE', services);
  });

  test('shows an object that comes into a selection as added, and one that leaves it as deleted', async () => {
    const watching = watch(
      api,
      `${services}?watch=true&labelSelector=tier%3Da&resourceVersion=${api.objects.cache.revision}`,
    );
    await api.call('POST', services, service('x', { tier: 'b' }));
    await api.call('PATCH', `${services}/x`, { metadata: { labels: { tier: 'a' } } }, merge);
    await api.call('PATCH', `${services}/x`, { metadata: { labels: { other: '1' } } }, merge);
    await api.call('PATCH', `${services}/x`, { metadata: { labels: { tier: 'b' } } }, merge);
    await api.call('DELETE', `${services}/x`);
    await eventually(() => watching.events.length === 3);
    assert.deepEqual(watching.names(), ['ADDED x', 'MODIFIED x', 'DELETED x']);
    watching.stop();
  });

  test('sees one namespace, or all', async () => {
    const from = `watch=true&resourceVersion=${api.objects.cache.revision}`;
    const [one, all] = [watch(api, `${services}?${from}`), watch(api, `/api/v1/services?${from}`)];
    await api.call('POST', '/api/v1/namespaces/other/services', service('o', {}, 'other'));
    await api.call('POST', services, service('s'));
    await eventually(() => all.events.length === 2 && one.events.length === 1);
    assert.deepEqual(all.names(), ['ADDED o', 'ADDED s']);
    assert.deepEqual(one.names(), ['ADDED s']);
    one.stop();
    all.stop();
  });

  test('ends after the time it was asked for', async () => {
    const watching = watch(
      api,
      `${services}?watch=true&timeoutSeconds=1&resourceVersion=${api.objects.cache.revision}`,
    );
    assert.equal(await watching.done, undefined);
    assert.deepEqual(watching.events, []);
  });

  test('ends when the server closes', async () => {
    const other = await startApi();
    const watching = watch(other, `${services}?watch=true`);
    await other.call('POST', services, service('x'));
    await eventually(() => watching.events.length === 1);
    await other.close();
    await watching.done;
  });
});

test('a restarted server answers versions from before it, and from after it, with 410', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'aya-api-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'store.db');
  const first = await startApi({}, file);
  const { body } = await first.call('POST', services, service('a'));
  await first.call('POST', services, service('b'));
  await first.close();
  const second = await startApi({}, file);
  assert.deepEqual((await second.call('GET', `${services}/a`)).body, body);
  const old = await second.call('GET', `${services}?watch=true&resourceVersion=1`);
  assert.deepEqual([old.code, old.body.reason], [410, 'Expired']);
  assert.equal((await second.call('GET', `${services}?watch=true&resourceVersion=99`)).code, 410);
  const { resourceVersion } = (await second.call('GET', services)).body.metadata;
  const watching = watch(second, `${services}?watch=true&resourceVersion=${resourceVersion}`);
  await second.call('DELETE', `${services}/a`);
  await eventually(() => watching.events.length === 1);
  watching.stop();
  await second.close();
});
