import os from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { hostPort } from '../plan/host-port.ts';
import type { HostPort } from '../plan/listener.ts';
import { parseHostPort } from './host-port.ts';

/** Everything that the command line and the environment say; all checked. */
export interface SidecarOptions {
  /** Bootstrap file, or '' in mesh mode. */
  readonly file: string;
  /** Mesh mode; null with a bootstrap file. */
  readonly mesh: MeshOptions | null;
  /** Data-path worker threads. */
  readonly concurrency: number;
  /** How long requests may take to end at shutdown, ms. */
  readonly drainTime: number;
  /** How long closing is announced before listeners close, ms. */
  readonly announceTime: number;
  /** Warn about unsupported fields instead of refusing them. */
  readonly lenient: boolean;
  /** Check the configuration and exit. */
  readonly validate: boolean;
  /** Health checks of the bootstrap may run programs of this machine. */
  readonly allowCommandChecks: boolean;
  /** Where those programs are looked for. */
  readonly commandPath: string;
  readonly logLevel: string;
  /** Folder for the last-good configuration; '' = none is kept. */
  readonly data: string;
  /** Where discovered listeners log requests: a path, /dev/stdout, or '' for nowhere. */
  readonly accessLog: string;
}

/** How this sidecar is a member of a mesh. Port 0 takes a free port. */
export interface MeshOptions {
  readonly service: string;
  readonly namespace: string;
  /** The same after a restart, so that the last-good configuration is found again. */
  readonly node: string;
  /** The program beside us; null = it only calls, and there is no inbound listener. */
  readonly app: HostPort | null;
  readonly controlPlane: readonly HostPort[];
  readonly outbound: HostPort;
  readonly inbound: HostPort;
  readonly admin: HostPort;
  /** Null: the address used towards the control plane, with the inbound port. */
  readonly advertise: HostPort | null;
  readonly region: string;
  readonly zone: string;
  /** The port that the service is called on, and its protocol, as in Kubernetes. */
  readonly servicePort: number;
  readonly protocol: string;
}

/** Options, or the sentences that say what is wrong with them, each with the flag. */
export type Parsed = { readonly options: SidecarOptions } | { readonly problems: readonly string[] };

const flags = {
  config: { type: 'string', short: 'c' },
  service: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  app: { type: 'string' },
  'control-plane': { type: 'string' },
  outbound: { type: 'string' },
  inbound: { type: 'string' },
  advertise: { type: 'string' },
  node: { type: 'string' },
  locality: { type: 'string' },
  'service-port': { type: 'string' },
  protocol: { type: 'string' },
  admin: { type: 'string' },
  concurrency: { type: 'string' },
  'drain-time': { type: 'string' },
  'announce-time': { type: 'string' },
  lenient: { type: 'boolean' },
  validate: { type: 'boolean' },
  'allow-command-checks': { type: 'boolean' },
  'log-level': { type: 'string' },
  data: { type: 'string' },
  'access-log': { type: 'string' },
} as const;

type Flag = keyof typeof flags;
type Given = Partial<Record<Flag, string | boolean>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** What belongs to the membership in a mesh, and so not beside a bootstrap file. */
const meshFlags = [
  'service',
  'namespace',
  'app',
  'control-plane',
  'outbound',
  'inbound',
  'admin',
  'advertise',
  'node',
  'locality',
  'service-port',
  'protocol',
] as const satisfies readonly Flag[];

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Reads flags and `AYA_...` variables; a flag wins, and an empty variable counts as not set. */
export function parseOptions(argv: readonly string[], env: Environment = process.env): Parsed {
  let given: Given;
  try {
    given = parseArgs({ args: [...argv], options: flags, allowPositionals: false }).values;
  } catch (error) {
    const text = (error as Error).message.split(/\n|\. /)[0] ?? '';
    return { problems: [`${text.replace(/^./, (first) => first.toLowerCase())}; see 'aya sidecar --help'`] };
  }
  const reader = new Reader(given, env);
  const file = reader.text('config') ?? '';
  // Variables of a container may hold what a mesh would need; a flag beside a file is a contradiction.
  for (const flag of file === '' ? [] : meshFlags) {
    if (given[flag] !== undefined) reader.problem(flag, 'cannot be combined with -c; say it in the bootstrap file');
  }
  const accessLog = reader.text('access-log') ?? '';
  const options: SidecarOptions = {
    file,
    mesh: file === '' ? reader.mesh() : null,
    concurrency: reader.number('concurrency', 1, 1, 128, 'whole'),
    drainTime: reader.number('drain-time', 30, 0, 86_400) * 1_000,
    announceTime: reader.number('announce-time', 3, 0, 3_600) * 1_000,
    lenient: reader.isOn('lenient'),
    validate: reader.isOn('validate'),
    allowCommandChecks: reader.isOn('allow-command-checks'),
    commandPath: env.PATH ?? '',
    logLevel: reader.oneOf('log-level', levels, 'info'),
    data: reader.text('data') ?? '',
    accessLog: accessLog === 'off' ? '' : accessLog,
  };
  return reader.problems.length > 0 ? { problems: reader.problems } : { options };
}

/** Looks up a flag, then its variable, and notes what is wrong with it. */
class Reader {
  readonly problems: string[] = [];
  readonly #given: Given;
  readonly #environment: Environment;

  constructor(given: Given, environment: Environment) {
    this.#given = given;
    this.#environment = environment;
  }

  problem(flag: Flag, text: string): void {
    this.problems.push(`--${flag}: ${text}`);
  }

  text(flag: Flag): string | undefined {
    const value = this.#given[flag] ?? this.#environment[`AYA_${flag.toUpperCase().replaceAll('-', '_')}`];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  isOn(flag: 'lenient' | 'validate' | 'allow-command-checks'): boolean {
    return this.#given[flag] === true || /^(1|true|yes|on)$/i.test(this.text(flag) ?? '');
  }

  number(flag: Flag, fallback: number, least: number, most: number, kind: 'any' | 'whole' = 'any'): number {
    const text = this.text(flag);
    const value = text === undefined ? fallback : Number(text);
    if (value >= least && value <= most && (kind === 'any' || Number.isInteger(value))) return value;
    this.problem(flag, `"${text}": use a ${kind === 'whole' ? 'whole ' : ''}number from ${least} to ${most}`);
    return fallback;
  }

  oneOf(flag: Flag, known: readonly string[], fallback: string): string {
    const text = this.text(flag) ?? fallback;
    if (!known.includes(text)) this.problem(flag, `"${text}": use one of ${known.join(', ')}`);
    return text;
  }

  address<F extends HostPort | null>(flag: Flag, fallback: F): HostPort | F {
    const text = this.text(flag);
    return text === undefined ? fallback : (this.#parse(flag, text, 'ip') ?? fallback);
  }

  mesh(): MeshOptions {
    const service = this.#label('service', '');
    if (service === '') {
      this.problems.push(
        'say what to run: -c FILE (an Envoy bootstrap), or --service NAME --app HOST:PORT (joins a mesh)',
      );
    }
    const servers = (this.text('control-plane') ?? '127.0.0.1:15010').split(',').map((each) => each.trim());
    const controlPlane = servers.map((each) => this.#parse('control-plane', each, 'name'));
    const app = this.address('app', null);
    if (app?.port === 0) this.problem('app', "port 0 cannot be called: name the program's port");
    const outbound = this.address('outbound', { host: '127.0.0.1', port: 15_001 });
    return {
      service,
      namespace: this.#label('namespace', 'default'),
      node: this.text('node') ?? `${service}-${os.hostname()}-${hostPort(app ?? outbound)}`,
      controlPlane: controlPlane.filter((each) => each !== undefined),
      outbound,
      inbound: this.address('inbound', { host: '127.0.0.1', port: 15_006 }),
      admin: this.address('admin', { host: '127.0.0.1', port: 15_000 }),
      app,
      advertise: this.address('advertise', null),
      ...this.#locality(),
      servicePort: this.number('service-port', 80, 1, 65_535, 'whole'),
      protocol: this.text('protocol') ?? 'http',
    };
  }

  /** An RFC 1123 label, as Kubernetes names things. */
  #label(flag: Flag, fallback: string): string {
    const text = this.text(flag) ?? fallback;
    if (text !== '' && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) {
      this.problem(flag, `"${text}" is no name: use lower-case letters, digits and '-' (RFC 1123 label)`);
    }
    return text;
  }

  #locality(): Pick<MeshOptions, 'region' | 'zone'> {
    const text = this.text('locality');
    const [region = '', zone = '', ...rest] = text?.split('/') ?? [];
    if (text !== undefined && (region === '' || zone === '' || rest.length > 0)) {
      this.problem('locality', `"${text}": use REGION/ZONE`);
    }
    return { region, zone };
  }

  #parse(flag: Flag, text: string, resolved: 'ip' | 'name'): HostPort | undefined {
    const parsed = parseHostPort(text, resolved);
    if (typeof parsed !== 'string') return parsed;
    this.problem(flag, `"${text}" ${parsed}`);
    return undefined;
  }
}
