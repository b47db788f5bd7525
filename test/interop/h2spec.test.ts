import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';

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

test('h2spec finds nothing, also by its strict rules', async (t) => {
  const server = spawn(process.execPath, [path.join(import.meta.dirname, '../programs/http2-answer.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { code, text } = await h2spec(Number(line));
    if (code === 'ENOENT')
      return t.skip('h2spec is not installed (go install github.com/summerwind/h2spec/cmd/h2spec@latest)');
    const [, tests, passed] = /(\d+) tests, (\d+) passed/.exec(text) ?? [];
    t.diagnostic(`h2spec: ${passed} of ${tests}`);
    assert.equal(code, 0, text);
    assert.ok(Number(tests) > 140);
    assert.equal(passed, tests);
  } finally {
    server.kill();
  }
});
