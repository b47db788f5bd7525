/**
 * Runs the suites that `npm test` promises, each as one `node --test` run, and ends with one line `N passed, N failed`
 * over all of them. Arguments are file globs or folders below `test/`; without any, every suite but the long ones.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import process from 'node:process';

const longSuites = ['test/chaos/', 'test/bench/', 'test/fuzz/', 'test/simulation/', 'test/integration/fire/'];
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

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Files with a failed test in them. */
  readonly files: readonly string[];
}

function run(batch: readonly string[], concurrency: number): Promise<Counts> {
  if (batch.length === 0) return Promise.resolve({ passed: 0, failed: 0, skipped: 0, files: [] });
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--test', `--test-concurrency=${concurrency}`, '--test-reporter=spec', '--test-timeout=120000', ...batch],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      said += chunk.toString();
    });
    child.on('close', (code) => {
      const count = (word: string): number => Number(said.match(new RegExp(`^ℹ ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
      const counted = count('fail') + count('cancelled');
      // A run that broke without counting a failure has failed all the same.
      const failed = code !== 0 && counted === 0 ? 1 : counted;
      const named = [...said.matchAll(/^test at (\S+\.test\.ts):\d+:\d+$/gm)].map((match) => match[1] ?? '');
      resolve({ passed: count('pass'), failed, skipped: count('skipped'), files: [...new Set(named)] });
    });
  });
}

const first = [
  await run(
    files.filter((file) => !heavy(file)),
    2,
  ),
  await run(files.filter(heavy), 1),
];
const sum = (key: 'passed' | 'failed' | 'skipped'): number => first.reduce((total, each) => total + each[key], 0);
let [passed, failed] = [sum('passed'), sum('failed')];
const again = first.flatMap((each) => each.files);
if (again.length > 0 && first.every((each) => each.failed === 0 || each.files.length > 0)) {
  // Files with a failure run once more, alone: on a machine shared with others a real process may come up too late. What passes
  // only then is named, since it wants a look.
  console.log(`\nonce more, alone: ${again.join(' ')}`);
  const second = await run(again, 1);
  passed += failed - second.failed;
  failed = second.failed;
  for (const file of again)
    if (!second.files.includes(file)) console.log(`unstable: ${file} failed once, and passed alone`);
}
const skipped = sum('skipped');
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 ? 1 : 0);
