/**
 * `npm run test:soak`: a mesh under mixed traffic while its configuration changes all the time, endpoints come and go, faults
 * are injected and clients give up; and then whether everything that was taken was given back, and counted.
 *
 *   node test/soak/main.ts [--seconds 300] [--seed N]
 *
 * Ends with one line `N passed, N failed`, and with 1 when something does not hold.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../shared/struct/random.ts';
import { httpBackend } from '../support/backend.ts';
import { endpoints, service } from '../support/control-plane.ts';
import { describeFailures, Load } from '../support/load.ts';
import { Mesh } from '../support/mesh.ts';
import { openSockets, residentMemory } from '../support/process.ts';
import { Changes } from './changes.ts';
import { Checks } from './checks.ts';
import { cart, Traffic } from './traffic.ts';

const MIB = 1024 * 1024;
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '300' }, seed: { type: 'string' } } });
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!(seconds >= 10)) {
  console.error(`--seconds ${values.seconds}: at least 10`);
  process.exit(2);
}
console.log(`seed ${seed}, ${seconds} s`);

const random = seededRandom(seed);
const ends: (() => unknown)[] = [];
const scope = { after: (end: () => unknown) => void ends.push(end) };
const mesh = await Mesh.start();
const checks = new Checks();
try {
  const carts = await Promise.all([1, 2, 3].map(() => cart(scope, random)));
  const steady = await httpBackend(scope);
  const ports = carts.map(({ port }) => port);
  await mesh.plane.apply(service('cart', 80), ...endpoints('cart', ports));
  await mesh.plane.apply(service('steady', 80), ...endpoints('steady', [steady.port]));
  const web = await mesh.sidecar('web', null, { flags: ['--concurrency', '2'] });
  const pid = web.child.pid as number;
  const sockets = openSockets(pid);

  const port = web.port('outbound');
  const bystander = new Load({ port, perSecond: 20, host: 'steady' });
  const traffic = new Traffic(port, 16, random);
  const changes = new Changes(mesh.plane, ports, 200, random);
  const memory: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(1000, seconds * 20)));
    memory.push(residentMemory(pid));
  }
  await traffic.stop();
  await changes.stop();
  await bystander.stop();
  await mesh.plane.call('DELETE', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/steady-0');
  console.log(`${traffic.tally.total} requests (${traffic.tally.classes}), ${changes.count} changes`);
  console.log(
    `resident MiB: ${memory.filter((_, at) => at % Math.ceil(memory.length / 20) === 0).map((each) => Math.round(each / MIB))}`,
  );

  checks.that('the bystander was not harmed', describeFailures(bystander.failures()));
  await checks.restored(web, sockets);
  await checks.counted(web, traffic.tally, bystander.samples.length);
  checks.memory(memory, seconds >= 120 ? 0.1 : 0.35);
  checks.that('no worker died', /worker died/.exec(web.log)?.[0] ?? '');
} finally {
  for (const end of ends) await end();
  await mesh.stop();
}
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exit(checks.failed > 0 ? 1 : 0);
