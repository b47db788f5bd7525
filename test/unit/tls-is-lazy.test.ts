import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { test } from 'node:test';

/** Node's own modules that are there once `module` has been imported. */
function loadedWith(module: string): string[] {
  const script = `await import(${JSON.stringify(`./${module}`)}); console.log(process.moduleLoadList.join('\\n'))`;
  const flags = ['--input-type=module', '-e', script];
  return execFileSync(process.execPath, flags, { encoding: 'utf8' }).split('\n');
}

test('a worker without TLS has not loaded TLS', () => {
  const loaded = loadedWith('sidecar/worker/data-path.ts');
  assert.ok(loaded.includes('NativeModule net'));
  assert.deepEqual(
    loaded.filter((each) => /^NativeModule (tls|_tls|crypto|internal\/tls|internal\/crypto\/x509)/.test(each)),
    [],
  );
});

test('nor does it come with reading configurations', () => {
  const loaded = loadedWith('sidecar/plan/bootstrap-file.ts');
  assert.deepEqual(
    loaded.filter((each) => /^NativeModule (tls|_tls)/.test(each)),
    [],
  );
});
