/**
 * A sidecar whose workers can be ended from outside: `mortal-sidecar.ts BOOTSTRAP WORKERS`. Each line `kill N` on standard
 * input ends worker N as a crash would; `kill all` ends them all. Its log is that of `aya sidecar`.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { createLog } from '../../shared/log/log.ts';
import { adminRoutes } from '../../sidecar/admin/routes.ts';
import { AdminServer } from '../../sidecar/admin/server.ts';
import { Subject } from '../../sidecar/assemble/admin.ts';
import { ControlPath } from '../../sidecar/assemble/control-path.ts';
import { readBootstrap } from '../../sidecar/plan/bootstrap-file.ts';
import { ListenerBook } from '../../sidecar/worker/listener-book.ts';

const [, , file = '', count = '1'] = process.argv;
const workers = Number(count);
const bootstrap = readBootstrap(readFileSync(file, 'utf8'), file);
const log = createLog('aya-sidecar');
const path = new ControlPath(bootstrap, {
  workers,
  identity: { service: '', namespace: '', node: '' },
  log,
  lenient: false,
  commandPath: '',
  onHealth: () => {},
  listeners: new ListenerBook(workers),
  accessLogs: [],
  lastGood: () => null,
  onFatal: (error) => {
    log.error({}, error.message);
    process.exit(1);
  },
});
const admin = new AdminServer(
  adminRoutes(new Subject({ version: '0', bootstrap, path, log, drainListeners: () => {}, quit: () => {} })),
  path.clock,
);
const { address, port } = await admin.listen('127.0.0.1', 0);
log.info({ listener: 'admin', address, port }, 'listening');
await path.start();
log.info({}, 'ready');

createInterface({ input: process.stdin }).on('line', (line) => {
  const [verb, which] = line.split(' ');
  if (verb !== 'kill') return;
  for (let index = 0; index < workers; index += 1) {
    if (which === 'all' || index === Number(which)) void path.host.kill(index);
  }
});
