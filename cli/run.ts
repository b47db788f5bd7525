import { hostname } from 'node:os';
import process from 'node:process';
import { systemClock } from '../shared/time/clock.ts';
import { Child } from './beside/child.ts';
import { freePort } from './beside/free-port.ts';
import { SidecarProcess } from './beside/sidecar-process.ts';
import { stateFolder } from './beside/state-folder.ts';
import { childEnvironment, environment, noProxyWith } from './environment.ts';
import { Failure, misuse } from './failure.ts';
import { parseOptions } from './options.ts';
import type { Terminal } from './output/terminal.ts';
import { fail } from './session.ts';

export const usage = `Usage: aya run --service NAME [--port PORT] [OPTIONS] -- COMMAND [ARGUMENTS]

Runs a program with a sidecar beside it. The sidecar comes first; once it is ready the program starts, with an environment in
which its HTTP requests go through the sidecar: http_proxy, HTTP_PROXY, no_proxy for this machine, NODE_USE_ENV_PROXY=1 (Node's
own fetch and http), and AYA_OUTBOUND=HOST:PORT for programs that connect by themselves.

A sidecar that dies is started again at the same addresses, with the configuration that it had.
On SIGTERM or SIGINT the sidecar drains while the program still serves; then the program gets SIGTERM. A further signal cuts
short what is being waited for. The exit code is the program's. SIGHUP goes to the program, SIGUSR1 to the sidecar, which opens
its access log anew.

      --service NAME   the service that the program is an instance of
      --port PORT      where the program listens; it finds the number in PORT too. 0 takes a free one.
                       Absent: the program only calls others
      --namespace NS, --control-plane HOST:PORT[,HOST:PORT], --node ID, --locality REGION/ZONE, --advertise HOST:PORT,
      --service-port PORT, --protocol NAME, --outbound HOST:PORT, --inbound HOST:PORT, --admin HOST:PORT, --concurrency N,
      --drain-time S, --announce-time S, --data DIR, --access-log FILE, --log-level LEVEL, --lenient
                       as for 'aya sidecar', but ports are free ones by default
      --ready-time S   how long the sidecar may take to be ready (default 30)
      --stop-time S    how long the program may take to end after SIGTERM before it is killed (default 30)`;

/** Passed on to the sidecar as they are. */
const passed = {
  service: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  'control-plane': { type: 'string' },
  node: { type: 'string' },
  locality: { type: 'string' },
  'service-port': { type: 'string' },
  protocol: { type: 'string' },
  advertise: { type: 'string' },
  concurrency: { type: 'string' },
  'drain-time': { type: 'string' },
  'announce-time': { type: 'string' },
  'access-log': { type: 'string' },
  'log-level': { type: 'string' },
  lenient: { type: 'boolean' },
} as const;

const own = {
  port: { type: 'string' },
  outbound: { type: 'string' },
  inbound: { type: 'string' },
  admin: { type: 'string' },
  data: { type: 'string' },
  'ready-time': { type: 'string', default: '30' },
  'stop-time': { type: 'string', default: '30' },
} as const;

const anyFree = '127.0.0.1:0';

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const end = argv.indexOf('--');
  const [command, ...args] = end < 0 ? [] : argv.slice(end + 1);
  const parsed = parseOptions(end < 0 ? argv : argv.slice(0, end), { ...passed, ...own });
  if (parsed instanceof Failure) return fail(terminal, parsed);
  const { values, positionals } = parsed;
  if (command === undefined || positionals.length > 0) {
    return fail(
      terminal,
      misuse('no program to run', 'write it after --: aya run --service cart --port 8080 -- node cart.js'),
    );
  }
  if (values.service === undefined)
    return fail(terminal, misuse('--service is missing', 'name the service of the program'));
  const [readyTime, stopTime] = [seconds(values['ready-time']), seconds(values['stop-time'])];
  if (readyTime === undefined || stopTime === undefined) {
    return fail(terminal, misuse('--ready-time and --stop-time are numbers of seconds'));
  }
  const port = await programPort(values.port);
  if (port instanceof Failure) return fail(terminal, port);

  const others = Object.keys(passed).flatMap((name) => {
    const value = values[name as keyof typeof passed];
    return value === undefined ? [] : value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
  const state = stateFolder(values.data ?? environment.data);
  const sidecar = new SidecarProcess(
    {
      admin: values.admin ?? `127.0.0.1:${await freePort()}`,
      outbound: values.outbound ?? anyFree,
      inbound: values.inbound ?? anyFree,
      others: ['--data', state.path, ...others, ...identity(port, values)],
    },
    systemClock,
    (message) => terminal.err(`aya run: ${message}\n`),
  );
  process.on('SIGUSR1', () => sidecar.reopenLogs());
  const stopped = new Stop();
  const outbound = await Promise.race([sidecar.ready(readyTime), stopped.asked]);
  if (typeof outbound !== 'string') {
    await sidecar.stop();
    state.remove();
    return outbound instanceof Failure ? fail(terminal, outbound) : outbound;
  }
  const program = new Child(command, args, childEnvironment(meshEnvironment(outbound, port)), 'inherit');
  process.on('SIGHUP', () => program.signal('SIGHUP'));
  const first = await Promise.race([program.ended, stopped.asked]);
  if (typeof first === 'number') {
    stopped.next = () => sidecar.kill();
    await Promise.race([sidecar.stop(), program.ended]);
    stopped.next = () => program.signal('SIGKILL');
    program.signal('SIGTERM');
    systemClock.after(stopTime, () => program.signal('SIGKILL'));
  }
  const ending = await program.ended;
  if (ending.code >= 126 && typeof first !== 'number') terminal.err(`aya run: the program ended: ${ending.words}\n`);
  stopped.next = () => sidecar.kill();
  await sidecar.stop();
  state.remove();
  return ending.code;
}

/** The wish to stop. `asked` resolves at the first SIGTERM or SIGINT to its exit code; each further one calls `next`. */
class Stop {
  readonly asked: Promise<number>;
  next: () => void = () => {};

  constructor() {
    this.asked = new Promise((resolve) => {
      let count = 0;
      const hear = (code: number) => () => {
        count += 1;
        if (count === 1) resolve(code);
        else this.next();
      };
      process.on('SIGTERM', hear(143));
      process.on('SIGINT', hear(130));
    });
  }
}

/** Where the program listens, which also tells instances apart; one that only calls is told apart by its process. */
function identity(port: number | undefined, { service, node }: { service?: string; node?: string }): string[] {
  if (port !== undefined) return ['--app', `127.0.0.1:${port}`];
  return node === undefined ? ['--node', `${service}-${hostname()}-${process.pid}`] : [];
}

function seconds(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : undefined;
}

async function programPort(text: string | undefined): Promise<number | undefined | Failure> {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) return misuse(`--port "${text}" is no port number`);
  return port === 0 ? freePort() : port;
}

/** What makes a program, in whatever language, send its HTTP through the sidecar. */
function meshEnvironment(outbound: string, port: number | undefined): Record<string, string> {
  const proxy = `http://${outbound}`;
  const direct = noProxyWith(['localhost', '127.0.0.1', '::1']);
  return {
    http_proxy: proxy,
    HTTP_PROXY: proxy,
    no_proxy: direct,
    NO_PROXY: direct,
    NODE_USE_ENV_PROXY: '1',
    AYA_OUTBOUND: outbound,
    ...(port !== undefined && { PORT: String(port) }),
  };
}
