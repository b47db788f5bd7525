import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

export const usage = `Usage: aya control-plane [OPTIONS]

  --data DIR                where the embedded store keeps its file (default ./aya-data)
  --api HOST:PORT           the HTTP API (default 127.0.0.1:15080; port 0: any free one)
  --xds HOST:PORT           xDS and registration (default 127.0.0.1:15010)
  --store URL               sqlite:FILE (default: DIR/aya.db)
  --allowed-host NAME       another name that clients call the API by; may be repeated
  --allow-unauthenticated   let the API listen on an address that others can reach
  --outside allow|refuse    whether programs may reach through their sidecars what is not in the mesh (default refuse)
  --log-level LEVEL         trace, debug, info, warn, error or silent (default info)

Each can also be set in the environment: AYA_DATA, AYA_API, AYA_XDS, AYA_STORE, AYA_ALLOWED_HOST (comma-separated),
AYA_ALLOW_UNAUTHENTICATED=true, AYA_OUTSIDE, AYA_LOG_LEVEL.`;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Options {
  /** The embedded store's file. */
  readonly file: string;
  readonly api: Address;
  readonly xds: Address;
  readonly allowedHosts: readonly string[];
  /** Callers may leave the mesh. */
  readonly outside: boolean;
  readonly logLevel: string;
}

export type Parsed = { ok: true; options: Options } | { ok: false; message: string };

const flags = {
  data: { type: 'string' },
  api: { type: 'string' },
  xds: { type: 'string' },
  store: { type: 'string' },
  'allowed-host': { type: 'string', multiple: true },
  'allow-unauthenticated': { type: 'boolean' },
  outside: { type: 'string' },
  'log-level': { type: 'string' },
} as const;

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** Flags win over the environment, which wins over the defaults. */
export function parseOptions(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Parsed {
  try {
    const { values } = parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false });
    const file = storeFile(values.store ?? env.AYA_STORE, values.data ?? env.AYA_DATA ?? 'aya-data');
    const api = address('--api', values.api ?? env.AYA_API ?? '127.0.0.1:15080');
    const xds = address('--xds', values.xds ?? env.AYA_XDS ?? '127.0.0.1:15010');
    const open = values['allow-unauthenticated'] ?? env.AYA_ALLOW_UNAUTHENTICATED === 'true';
    if (!open && !isLoopback(api.host)) {
      throw new Error(
        `--api ${api.host}: anybody who reaches it could rule the mesh; say --allow-unauthenticated if so`,
      );
    }
    const logLevel = values['log-level'] ?? env.AYA_LOG_LEVEL ?? 'info';
    if (!levels.includes(logLevel)) throw new Error(`--log-level ${logLevel}: must be one of ${levels.join(', ')}`);
    const allowedHosts = values['allowed-host'] ?? env.AYA_ALLOWED_HOST?.split(',').filter(Boolean) ?? [];
    const outside = values.outside ?? env.AYA_OUTSIDE ?? 'refuse';
    if (outside !== 'allow' && outside !== 'refuse') throw new Error(`--outside ${outside}: must be allow or refuse`);
    return { ok: true, options: { file, api, xds, allowedHosts, outside: outside === 'allow', logLevel } };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function storeFile(url: string | undefined, data: string): string {
  if (url === undefined) return path.join(data, 'aya.db');
  const file = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (file === undefined) throw new Error(`--store ${url}: not supported; use sqlite:FILE`);
  return file;
}

function address(flag: string, text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (!match || port > 65_535) throw new Error(`${flag} ${text}: must be HOST:PORT`);
  return { host: match[1] ?? match[2] ?? '', port };
}

/** Whether only this machine can reach a socket bound there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
