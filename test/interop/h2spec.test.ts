/**
 * h2spec by its strict rules, against the codec alone and against a whole sidecar. Releases after 2.2.1 have 147 cases: they ask for an
 * invalid index (RFC 7541 2.3.3) in a literal as well as alone. `go install ...@latest` still gives 2.2.1, with 146; a clone of the
 * repository gives the rest: `go build ./cmd/h2spec`.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { httpBackend } from '../support/backend.ts';
import { bootstrap, cluster, httpListener } from '../support/bootstrap.ts';
import { startSidecar } from '../support/sidecar.ts';

interface Verdict {
  readonly code: number | string;
  readonly text: string;
}

function h2spec(port: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const args = ['-h', '127.0.0.1', '-p', String(port), '--strict', '-o', '2'];
    execFile('h2spec', args, { timeout: 120_000, maxBuffer: 1e7 }, (error, stdout) => {
      resolve({ code: error?.code ?? 0, text: stdout });
    });
  });
}

async function judge(t: TestContext, port: number): Promise<void> {
  const { code, text } = await h2spec(port);
  if (code === 'ENOENT')
    return t.skip('h2spec is not installed (go install github.com/summerwind/h2spec/cmd/h2spec@latest)');
  const [, tests, passed] = /(\d+) tests, (\d+) passed/.exec(text) ?? [];
  t.diagnostic(`h2spec: ${passed} of ${tests}`);
  assert.equal(code, 0, text);
  assert.ok(Number(tests) >= 146);
  assert.equal(passed, tests);
}

test('h2spec finds nothing in the codec, also by its strict rules', async (t) => {
  const server = spawn(process.execPath, [path.join(import.meta.dirname, '../programs/http2-answer.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => server.kill());
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  await judge(t, Number(line));
});

test('nor in a sidecar', async (t) => {
  const backend = await httpBackend(t, (request, response) => {
    request.resume();
    request.on('end', () => response.end('an answer from behind the sidecar'));
  });
  // A port that speaks both would take an invalid preface for HTTP/1.1, and answer it so.
  const sidecar = await startSidecar(
    t,
    bootstrap([httpListener({ manager: { codec_type: 'HTTP2' } })], [cluster('cart', [backend.port])]),
  );
  await judge(t, sidecar.port());
});
