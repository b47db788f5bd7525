/**
 * Runs the suites that `npm test` promises, each as one `node --test` run, and ends with one line `N passed, N failed`
 * over all of them. Arguments are file globs or folders below `test/`; without any, every suite but the long ones.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import process from 'node:process';

const longSuites = ['test/chaos/', 'test/bench/', 'test/fuzz/', 'test/simulation/'];
const asked = process.argv.slice(2);
const files = (
  asked.length > 0
    ? asked.flatMap((each) => globSync(each.endsWith('.ts') ? each : `${each}/**/*.test.ts`))
    : globSync('test/**/*.test.ts').filter((file) => !longSuites.some((suite) => file.startsWith(suite)))
).sort();
if (files.length === 0) {
  console.error(`no test files match ${asked.join(' ')}`);
  process.exit(2);
}

/** Process-heavy suites run alone; the quick ones share the cores. */
const heavy = (file: string): boolean => /test\/(integration|interop|chaos)\//.test(file);
let [passed, failed, skipped, broken] = [0, 0, 0, 0];

function run(batch: string[], concurrency: number): Promise<void> {
  if (batch.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--test', `--test-concurrency=${concurrency}`, '--test-reporter=spec', '--test-timeout=120000', ...batch],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let tail = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      tail = (tail + chunk.toString()).slice(-200_000);
    });
    child.on('close', (code) => {
      const count = (word: string): number => Number(tail.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
      passed += count('pass');
      failed += count('fail') + count('cancelled');
      skipped += count('skipped');
      if (code !== 0 && count('fail') + count('cancelled') === 0) broken += 1;
      resolve();
    });
  });
}

await run(
  files.filter((file) => !heavy(file)),
  2,
);
await run(files.filter(heavy), 1);
failed += broken;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 ? 1 : 0);
