import os from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';

/** Everything that the command line and the environment say; all checked. */
export interface SidecarOptions {
  /** Bootstrap file, or '' in mesh mode. */
  readonly file: string;
  /** Mesh mode; null with a bootstrap file. */
  readonly mesh: MeshOptions | null;
  readonly concurrency: number;
  /** How long requests may take to end at shutdown, ms. */
  readonly drainTime: number;
  /** How long closing is announced before listeners close, ms. */
  readonly announceTime: number;
  readonly lenient: boolean;
  readonly validate: boolean;
  readonly logLevel: string;
  /** Folder for the last-good configuration; '' = none is kept. */
  readonly data: string;
}

export interface MeshOptions {
  readonly service: string;
  readonly namespace: string;
  readonly node: string;
  readonly app: Address;
  readonly controlPlane: readonly Address[];
  readonly outbound: Address;
  readonly inbound: Address;
  readonly admin: Address;
  /** Null: the address used towards the control plane, with the inbound port. */
  readonly advertise: Address | null;
  readonly region: string;
  readonly zone: string;
  /** Path of the access log, or '' for none. */
  readonly accessLog: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Options, or the sentences that say what is wrong with them. */
export type Parsed = { readonly options: SidecarOptions } | { readonly problems: readonly string[] };

const flags = {
  config: { type: 'string', short: 'c' },
  service: { type: 'string' },
  namespace: { type: 'string' },
  node: { type: 'string' },
  app: { type: 'string' },
  'control-plane': { type: 'string' },
  outbound: { type: 'string' },
  inbound: { type: 'string' },
  admin: { type: 'string' },
  advertise: { type: 'string' },
  locality: { type: 'string' },
  'access-log': { type: 'string' },
  concurrency: { type: 'string' },
  'drain-time': { type: 'string' },
  'announce-time': { type: 'string' },
  'log-level': { type: 'string' },
  data: { type: 'string' },
  lenient: { type: 'boolean' },
  validate: { type: 'boolean' },
} as const;
type Flag = keyof typeof flags;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** Reads flags and `AYA_...` variables (a flag wins). */
export function parseOptions(argv: readonly string[], env: Record<string, string | undefined> = process.env): Parsed {
  const problems: string[] = [];
  let given: Partial<Record<Flag, string | boolean>> = {};
  try {
    given = parseArgs({ args: [...argv], options: flags, allowPositionals: false }).values;
  } catch (error) {
    return { problems: [`${(error as Error).message.split('\n')[0]}; see 'aya sidecar --help'`] };
  }
  const text = (flag: Flag, fallback: string): string => {
    const value = given[flag] ?? env[`AYA_${flag.replaceAll('-', '_').toUpperCase()}`] ?? fallback;
    return String(value);
  };
  const on = (flag: Flag): boolean => ['true', '1'].includes(text(flag, 'false'));
  const number = (flag: Flag, fallback: number, least: number, most: number): number => {
    const value = Number(text(flag, String(fallback)));
    if (!(value >= least && value <= most)) problems.push(`--${flag}: use a number from ${least} to ${most}`);
    return value;
  };
  const address = (flag: Flag, fallback: string): Address => readAddress(flag, text(flag, fallback), problems);

  const file = text('config', '');
  const service = text('service', '');
  if (file === '' && service === '') {
    problems.push('say what to run: -c FILE (an Envoy bootstrap), or --service NAME --app HOST:PORT (joins a mesh)');
  } else if (given.config !== undefined && given.service !== undefined) {
    problems.push('-c FILE and --service exclude each other: the file says everything');
  }
  let mesh: MeshOptions | null = null;
  if (file === '' && service !== '') {
    const [region = '', zone = ''] = text('locality', '').split('/');
    const node = text('node', `${service}-${os.hostname()}-${process.pid}`);
    if (text('app', '') === '') problems.push('--app: where the program listens, HOST:PORT');
    mesh = {
      service: name('service', service, problems),
      namespace: name('namespace', text('namespace', 'default'), problems),
      node,
      app: address('app', '127.0.0.1:8080'),
      controlPlane: text('control-plane', '127.0.0.1:15010')
        .split(',')
        .map((each) => readAddress('control-plane', each.trim(), problems)),
      outbound: address('outbound', '127.0.0.1:15001'),
      inbound: address('inbound', '127.0.0.1:15006'),
      admin: address('admin', '127.0.0.1:15000'),
      advertise: text('advertise', '') === '' ? null : address('advertise', ''),
      region,
      zone,
      accessLog: text('access-log', 'off') === 'off' ? '' : text('access-log', 'off'),
    };
  }
  const logLevel = text('log-level', 'info');
  if (!LEVELS.includes(logLevel)) problems.push(`--log-level: use one of ${LEVELS.join(', ')}`);
  const concurrency = number('concurrency', 1, 1, 128);
  if (!Number.isInteger(concurrency)) problems.push('--concurrency: use a whole number');
  const options: SidecarOptions = {
    file,
    mesh,
    concurrency,
    drainTime: 1000 * number('drain-time', 30, 0, 86_400),
    announceTime: 1000 * number('announce-time', 3, 0, 3_600),
    lenient: on('lenient'),
    validate: on('validate'),
    logLevel,
    data: text('data', ''),
  };
  return problems.length > 0 ? { problems } : { options };
}

/** HOST:PORT, `[v6]:PORT`, or :PORT for loopback. */
function readAddress(flag: Flag, text: string, problems: string[]): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    problems.push(`--${flag}: "${text}" is no HOST:PORT (port 0 to 65535; IPv6 in brackets)`);
    return { host: '', port: 0 };
  }
  return { host: bracketed ?? (plain || '127.0.0.1'), port: Number(port) };
}

function name(flag: Flag, text: string, problems: string[]): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) {
    problems.push(`--${flag}: "${text}" is no name; use lower-case letters, digits and '-' (RFC 1123 label)`);
  }
  return text;
}
