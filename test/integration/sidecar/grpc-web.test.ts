import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { httpBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener } from '../../support/bootstrap.ts';
import { startBrokenGrpcServer } from '../../support/grpc-named-server.ts';
import { methods, startGrpcTestServer } from '../../support/grpc-test-service.ts';
import { frame, webCall } from '../../support/grpc-web.ts';
import { switched, webBootstrap, webFilter } from '../../support/grpc-web-bootstrap.ts';
import { startSidecar } from '../../support/sidecar.ts';

test('clients of gRPC-Web call a gRPC service', async (t) => {
  const server = await startGrpcTestServer();
  t.after(() => server.stop());
  const plain = await httpBackend(t, ({ headers, url }, response) => {
    response.statusCode = url === '/plain/200' ? 200 : 418;
    response.setHeader('content-type', 'text/plain');
    response.end(url === '/plain/empty' ? '' : `Tee für alle, 100 %, ${headers['content-type']}`);
  });
  const broken = await startBrokenGrpcServer(frame(Buffer.from('one')));
  t.after(() => broken.stop());
  const sidecar = await startSidecar(t, webBootstrap(server.port, plain.port, broken.port));
  const port = sidecar.port();
  const clients = [1, 2, 'fetch'] as const;
  const forms = clients.flatMap((by) => [false, true].map((text) => ({ by, text })));

  for (const { by, text } of forms) {
    const name = `${text ? 'base64' : 'binary'} by ${by === 'fetch' ? by : `HTTP/${by}`}`;

    await t.test(`${name}: a message there and back, the status in the last frame`, async () => {
      const large = Buffer.alloc(100_001, 'ab');
      for (const message of [Buffer.alloc(0), Buffer.from('x'), large]) {
        const answer = await webCall(port, methods.unary.path, { by, text, messages: [message] });
        assert.equal(answer.httpStatus, 200);
        assert.equal(answer.contentType, `application/grpc-web${text ? '-text' : ''}+proto`);
        assert.deepEqual(answer.messages, [message]);
        assert.equal(answer.trailers?.['grpc-status'], '0');
        assert.equal(answer.headers['grpc-status'], undefined);
      }
    });

    await t.test(`${name}: many messages of a stream`, async () => {
      const sizes = [31_415, 9, 2_653, 0, 58_979];
      const messages = [Buffer.from(JSON.stringify(sizes))];
      const answer = await webCall(port, methods.serverStream.path, { by, text, messages });
      assert.deepEqual(
        answer.messages.map((each) => each.length),
        sizes,
      );
      assert.equal(answer.trailers?.['grpc-status'], '0');
    });

    await t.test(`${name}: a failure is read where it stands`, async () => {
      const messages = [Buffer.concat([Buffer.from([5]), Buffer.from('nicht da')])];
      const answer = await webCall(port, methods.fail.path, { by, text, messages });
      assert.deepEqual([answer.httpStatus, answer.status, answer.message], [200, '5', 'nicht%20da']);
      assert.deepEqual(answer.messages, []);
    });
  }

  await t.test('a request cut anywhere is the same request', async () => {
    const messages = ['a', 'bcdef', ''].map((each) => Buffer.from(each));
    const cut = fc.record({
      by: fc.constantFrom(1, 2) as fc.Arbitrary<1 | 2>,
      text: fc.boolean(),
      cuts: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(cut, async (call) => {
        const answer = await webCall(port, methods.clientStream.path, { ...call, messages });
        assert.deepEqual(answer.messages.map(String), ['6']);
      }),
      { numRuns: 40 },
    );
  });

  await t.test('each message padded for itself is one request', async () => {
    const messages = ['a', 'bcdef', ''].map((each) => Buffer.from(each));
    const body = Buffer.from(messages.map((each) => frame(each).toString('base64')).join(''));
    const answer = await webCall(port, methods.clientStream.path, { text: true, body });
    assert.deepEqual(answer.messages.map(String), ['6']);
  });

  await t.test('metadata goes both ways', async () => {
    const headers = { 'x-initial': 'one', 'x-trailing-bin': Buffer.from([0xab, 0xcd, 0xef]).toString('base64') };
    const answer = await webCall(port, methods.unary.path, { headers });
    assert.equal(answer.headers['x-initial'], 'one');
    assert.equal(answer.trailers?.['x-trailing-bin'], 'q83v');
  });

  await t.test('the response is base64 when the client accepts that, whatever the request was', async () => {
    const accept = 'application/grpc-web-text';
    const messages = [Buffer.from('x')];
    const binary = await webCall(port, methods.unary.path, { messages, headers: { accept } });
    assert.deepEqual([binary.contentType, binary.messages.map(String)], ['application/grpc-web-text+proto', ['x']]);
    const text = await webCall(port, methods.unary.path, { messages, text: true, headers: { accept: '*/*' } });
    assert.deepEqual([text.contentType, text.messages.map(String)], ['application/grpc-web+proto', ['x']]);
  });

  await t.test('a body that is no base64 is INTERNAL', async () => {
    for (const body of ['AAAA*', 'AAAAA', 'A===']) {
      const answer = await webCall(port, methods.unary.path, { text: true, body: Buffer.from(body) });
      assert.deepEqual([answer.httpStatus, answer.status], [200, '13'], body);
      assert.match(answer.message ?? '', /not base64/);
    }
  });

  for (const { by, text } of forms.filter((each) => each.by !== 'fetch')) {
    const call = (path: string, authority = 'web') => webCall(port, path, { by, text, authority });
    const name = `${text ? 'base64' : 'binary'} by HTTP/${by}`;

    await t.test(`${name}: what the sidecar answers is a status in the head`, async () => {
      for (const [path, httpStatus, status, message] of [
        ['/other', 404, '12', /no route/],
        ['/gone', 200, '14', /no healthy upstream/],
        ['/slow', 200, '4', /timeout/],
        ['/fault', 200, '14', /fault filter abort/],
      ] as const) {
        const answer = await call(path, path === '/other' ? 'none' : 'web');
        assert.deepEqual([path, answer.httpStatus, answer.status, answer.body.length], [path, httpStatus, status, 0]);
        assert.match(answer.message ?? '', message);
        assert.match(answer.contentType, /^application\/grpc-web/);
      }
    });

    await t.test(`${name}: an answer that is not gRPC becomes a status`, async () => {
      const teapot = await call('/plain');
      assert.deepEqual([teapot.httpStatus, teapot.status, teapot.body.length], [418, '2', 0]);
      assert.equal(teapot.message, 'Tee f%C3%BCr alle, 100 %25, application/grpc');
      const empty = await call('/plain/empty');
      assert.deepEqual([empty.httpStatus, empty.status], [418, '2']);
      assert.deepEqual((await call('/plain/200')).status, '2');
    });
  }

  await t.test('a response that breaks off ends with a status, too', async () => {
    for (const { by, text } of forms) {
      const answer = await webCall(port, '/breaks', { by, text });
      assert.deepEqual([answer.messages.map(String), answer.trailers?.['grpc-status']], [['one'], '14']);
    }
  });

  await t.test('where the route disables it, and for other requests, nothing is changed', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/asis`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web-text' },
      body: 'AAAA',
    });
    assert.equal(answer.headers.get('content-type'), 'text/plain');
    assert.match(await answer.text(), /application\/grpc-web-text$/);
    const other = await fetch(`http://127.0.0.1:${port}/plain`, { method: 'POST', body: 'x' });
    assert.match(await other.text(), /text\/plain/);
  });

  await t.test('calls are counted as gRPC, with the status of the service', async () => {
    const text = await sidecar.admin('/stats/prometheus?filter=istio_requests_total');
    assert.match(text, /istio_requests_total\{[^}]*request_protocol="grpc"/);
  });
});

test('a filter that is disabled acts where a virtual host enables it', async (t) => {
  const server = await startGrpcTestServer();
  t.after(() => server.stop());
  const types: unknown[] = [];
  const plain = await httpBackend(t, ({ headers }, response) => {
    types.push(headers['content-type']);
    response.end('as it is');
  });
  const http2 = {
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          filters: [webFilter({ disabled: true })],
          virtualHosts: [
            { name: 'on', domains: ['on'], routes: [forward('grpc')], typed_per_filter_config: switched(true) },
            { name: 'off', domains: ['*'], routes: [forward('plain')] },
          ],
        }),
      ],
      [cluster('grpc', [server.port], http2), cluster('plain', [plain.port])],
    ),
  );
  const messages = [Buffer.from('x')];
  const on = await webCall(sidecar.port(), methods.unary.path, { text: true, messages, authority: 'on' });
  assert.deepEqual(on.messages.map(String), ['x']);
  await assert.rejects(webCall(sidecar.port(), methods.unary.path, { text: true, messages, authority: 'off' }));
  assert.deepEqual(types, ['application/grpc-web-text']);
});
