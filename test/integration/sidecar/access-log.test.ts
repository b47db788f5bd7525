import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { deafPort, httpBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, forward, httpListener, temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

const FORMAT =
  '%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% ' +
  '%UPSTREAM_CLUSTER% %UPSTREAM_HOST% %RESP(X-COLOUR)% %REQ(X-REQUEST-ID)%\n';

test('every request leaves its line, in the format that the configuration gives', async (t) => {
  const { folder, remove } = temporaryFile('keep', '');
  t.after(remove);
  const [text, json, errors] = ['text.log', 'json.log', 'errors.log'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const backend = await httpBackend(t, (request, response) => {
    if (request.url === '/never' || request.url === '/patient') return;
    if (request.url === '/cut')
      response.writeHead(200, { 'content-length': 10 }).write('four', () => response.destroy());
    else {
      response.setHeader('x-colour', 'green');
      request.on('end', () => response.end('hello'));
      request.resume();
    }
  });
  const onlyErrors = {
    ...accessLogFile(errors, '%REQ(:PATH)% %RESPONSE_CODE%\n'),
    filter: {
      or_filter: {
        filters: [
          { status_code_filter: { comparison: { op: 'GE', value: { default_value: 500, runtime_key: 'min' } } } },
          { response_flag_filter: {} },
        ],
      },
    },
  };
  const logs = [accessLogFile(text, FORMAT), accessLogFile(json)];
  const routes = [
    forward('dead', {}, { match: { prefix: '/dead' } }),
    forward('cart', { prefix_rewrite: '/' }, { match: { prefix: '/api/' } }),
    forward('cart', { timeout: '0.1s' }, { match: { prefix: '/never' } }),
    forward('cart', {}, { match: { prefix: '/patient' } }),
    forward('cart', {}, { match: { prefix: '/cut' } }),
    forward('cart', {}, { match: { prefix: '/ok' } }),
  ];
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [httpListener({ routes, manager: { access_log: [...logs, onlyErrors] } })],
      [cluster('cart', [backend.port]), cluster('dead', [await deafPort()])],
    ),
  );
  const port = sidecar.port();
  const headers = { 'x-request-id': 'id-1' };
  await call(port, { path: '/ok', headers });
  await call(port, { path: '/api/items', method: 'POST', body: '12345678', headers });
  await call(port, { path: '/dead', headers });
  await call(port, { path: '/never', headers });
  await call(port, { path: '/cut', headers });
  await call(port, { path: '/nowhere', headers });
  const bad = await RawClient.connect(port);
  bad.write('GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n');
  await bad.seesEnd();
  const gone = await RawClient.connect(port);
  gone.write('GET /patient HTTP/1.1\r\nHost: a\r\nX-Request-Id: id-1\r\n\r\n');
  await sidecar.statBecomes('cluster.cart.upstream_rq_active', 1);
  gone.socket.resetAndDestroy();
  const host = `127.0.0.1:${backend.port}`;
  const lines = await eventually(() => {
    const all = readFileSync(text, 'utf8').trimEnd().split('\n');
    return all.length === 8 && all;
  });
  assert.deepEqual(
    lines.map((line) => line.replace(/127\.0\.0\.1:\d+ -/, 'HOST -')),
    [
      `GET /ok 200 - 0 5 cart ${host} green id-1`,
      `POST /api/items 200 - 8 5 cart ${host} green id-1`,
      'GET /dead 503 UF 0 57 dead HOST - id-1',
      'GET /never 504 UT 0 24 cart HOST - id-1',
      'GET /cut 200 UC 0 4 cart HOST - id-1',
      'GET /nowhere 404 NR 0 28 - - - id-1',
      '- - 400 DPE 0 0 - - - -',
      'GET /patient 0 DC 0 0 cart HOST - id-1',
    ],
  );

  await t.test('as JSON lines', async () => {
    const records = readFileSync(json, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      records.map((each) => each.response_code),
      [200, 200, 503, 504, 200, 404, 400, 0],
    );
    assert.equal(records[1]?.path, '/api/items');
    assert.equal(records[1]?.upstream_host, host);
    assert.equal(records[2]?.response_flags, 'UF');
    assert.match(String(records[2]?.response_code_details), /refused/);
  });

  await t.test('or only what went wrong', async () => {
    await eventually(() => readFileSync(errors, 'utf8').split('\n').length === 7);
    assert.deepEqual(readFileSync(errors, 'utf8').trimEnd().split('\n'), [
      '/dead 503',
      '/never 504',
      '/cut 200',
      '/nowhere 404',
      '- 400',
      '/patient 0',
    ]);
  });
});

test('lines that wait are written when the sidecar ends', async (t) => {
  const { folder, remove } = temporaryFile('keep', '');
  t.after(remove);
  const file = path.join(folder, 'access.log');
  const backend = await httpBackend(t);
  const listener = httpListener({ manager: { access_log: [accessLogFile(file, '%REQ(:PATH)%\n')] } });
  const sidecar = await startSidecar(
    t,
    bootstrap([listener], [cluster('cart', [backend.port])]),
    ...['--announce-time', '0', '--concurrency', '2'],
  );
  for (let count = 0; count < 20; count += 1) await call(sidecar.port(), { path: `/${count}` });
  sidecar.child.kill('SIGTERM');
  assert.equal(await sidecar.ended(), 0);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').sort();
  assert.deepEqual(lines, Array.from({ length: 20 }, (_, count) => `/${count}`).sort());
});
