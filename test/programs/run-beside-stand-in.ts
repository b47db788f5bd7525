/**
 * `aya`, but with a stand-in for the sidecar that tells on the standard error what happens to it: for tests of `aya run`, which starts
 * whatever program it is itself. STAND_IN=crash ends it at once; STAND_IN=slow keeps it from ever being ready.
 */
import { createServer } from 'node:http';
import process from 'node:process';
import { dispatch } from '../../cli/dispatch.ts';
import { systemTerminal } from '../../cli/output/terminal.ts';

const [command, ...flags] = process.argv.slice(2);
const say = (words: string): void => void process.stderr.write(`sidecar ${words}\n`);

if (command === 'sidecar') {
  const flag = (name: string): string => flags[flags.indexOf(name) + 1] ?? '';
  const port = (address: string, otherwise: number): number => Number(address.split(':')[1]) || otherwise;
  say(`started with ${flags.join(' ')} as ${process.pid}`);
  if (process.env.STAND_IN === 'crash') process.exit(3);
  const status = (name: string, port_value: number) => ({
    name,
    local_address: { socket_address: { address: '127.0.0.1', port_value } },
  });
  const listeners = {
    listener_statuses: [
      status('outbound', port(flag('--outbound'), 41_001)),
      status('inbound', port(flag('--inbound'), 41_002)),
    ],
  };
  let questions = 0;
  const admin = createServer((request, response) => {
    questions += 1;
    if (request.url !== '/ready') return response.end(JSON.stringify(listeners));
    const ready = questions > 2 && process.env.STAND_IN !== 'slow';
    response.writeHead(ready ? 200 : 503).end(ready ? 'LIVE' : 'PRE_INITIALIZING');
    if (ready) say('ready');
    return response;
  });
  admin.listen(port(flag('--admin'), 0), '127.0.0.1');
  process.on('SIGUSR1', () => say('opens its logs anew'));
  process.on('SIGTERM', () => {
    say('drains');
    setTimeout(() => {
      say('ended');
      process.exit(0);
    }, 200);
  });
} else {
  process.exit(await dispatch(process.argv.slice(2), systemTerminal));
}
