/**
 * `npm run demo`: a whole mesh on this machine and a small story about it, with a live view. `-- --once` tells the story
 * without a terminal, prints a table for each step, and exits with 1 unless every step shows what it should.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { DemoMesh } from './mesh.ts';
import { Record } from './record.ts';
import { marksOf, redraw, table } from './screen.ts';
import type { Outcome } from './stage.ts';
import { story } from './story.ts';

const { values } = parseArgs({
  options: { once: { type: 'boolean', default: false }, rate: { type: 'string', default: '100' } },
});
const once = values.once || !process.stdout.isTTY;
const mesh = new DemoMesh();
const record = new Record();
const told: string[] = [];
let drawing: NodeJS.Timeout | undefined;

/** When something went wrong the logs stay. */
async function end(code: number): Promise<never> {
  clearInterval(drawing);
  await mesh.stop(code === 1);
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(130));

/** The addresses under which callers know the instances. */
async function inboundAddresses(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const instance of mesh.instances) {
    const [, address] = /^inbound::(.+)$/m.exec(await mesh.admin(instance, '/listeners')) ?? [];
    if (address) found.set(address, instance.name);
  }
  return found;
}

async function draw(addresses: ReadonlyMap<string, string>): Promise<void> {
  const now = Date.now() - 300;
  const { share } = record.failures(now - 2000, now);
  const marks = await marksOf(mesh, addresses).catch(() => new Map<string, string>());
  redraw(
    [
      `Aya demo   success ${(100 * (1 - share)).toFixed(1)} %   API ${mesh.api}   Ctrl-C ends`,
      '',
      table(record.summaries(now - 2000, now), marks),
      '',
      ...told.slice(-14),
      '',
    ].join('\n'),
  );
}

function tell(line: string): void {
  told.push(line);
  if (once) console.log(line);
}

function report(number: number, title: string, { from, to, says, good }: Outcome): void {
  if (once) console.log(`\n${table(record.summaries(from, to))}\n`);
  tell(`${good ? 'ok  ' : 'BAD '} ${number}. ${title}: ${says}`);
}

const begun = Date.now();
console.log('Starting a control plane, 2 web, 3 cart and 2 stock (each with a sidecar), and a load ...');
let failed = 0;
try {
  await mesh.start(Number(values.rate), (line) => record.add(line));
  console.log(
    `The mesh is up after ${((Date.now() - begun) / 1000).toFixed(1)} s. kubectl and aya can talk to ${mesh.api}.`,
  );
  if (!once) {
    const addresses = await inboundAddresses();
    process.stdout.write('\x1b[2J');
    drawing = setInterval(() => void draw(addresses), 500);
  }
  for (const [at, step] of story.entries()) {
    tell(`\n${at + 1}. ${step.title}. ${step.tells}`);
    const outcome = await step.play({ mesh, record, pace: once ? 1 : 3 });
    if (!outcome.good) failed += 1;
    report(at + 1, step.title, outcome);
  }
  tell(`\n${story.length - failed} passed, ${failed} failed`);
} catch (error) {
  console.error(`demo: ${(error as Error).message}; logs are in ${mesh.folder}`);
  clearInterval(drawing);
  process.exitCode = 1;
  await end(1);
}
if (once) await end(failed > 0 ? 1 : 0);
tell(`Now it is yours: aya get trafficpolicies --server ${mesh.api}, or apply a FaultPolicy of your own.`);
