import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface ControlPlaneProcess {
  /** `http://127.0.0.1:PORT`. */
  readonly api: string;
  /** HOST:PORT. */
  readonly xds: string;
  readonly child: ChildProcess;
  /** A request to the API; the parsed document, or an error that holds it. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents that they know
  call(method: string, path: string, body?: unknown, type?: string): Promise<any>;
  /** Creates objects, or replaces those that exist. */
  apply(...objects: KubernetesObject[]): Promise<void>;
  /** Ends the process, by SIGTERM unless told otherwise, and waits until it is over. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** A data directory that is removed when the test ends. */
export function temporaryDirectory(t: { after(done: () => void): void }): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'aya-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const sources = [process.execPath, new URL('../../control-plane/main.ts', import.meta.url).pathname];

/** Starts a control plane in a process of its own, on free ports (or those given), and waits until it is ready. */
export async function startControlPlane(
  data: string,
  flags: readonly string[] = [],
  [program = '', ...first]: readonly string[] = sources,
): Promise<ControlPlaneProcess> {
  const args = ['--data', data, '--api', '127.0.0.1:0', '--xds', '127.0.0.1:0', ...flags];
  const child = spawn(program, [...first, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  const ready = new Promise<{ api: string; xds: string }>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (!line.startsWith('{')) return;
      const { api, xds, msg } = JSON.parse(line) as { api: string; xds: string; msg: string };
      if (msg === 'the control plane is ready') resolve({ api, xds });
    });
    child.once('exit', (code) => reject(new Error(`the control plane ended with ${code}:\n${said.join('\n')}`)));
  });
  const { api, xds } = await ready;
  const call: ControlPlaneProcess['call'] = async (method, where, body, type = 'application/json') => {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } };
    const response = await fetch(`${api}${where}`, { method, ...init });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    api,
    xds,
    child,
    call,
    async apply(...objects) {
      for (const object of objects) {
        const collection = pathOf(object);
        const one = `${collection}/${object.metadata.name}`;
        const found = await fetch(`${api}${one}`);
        await found.arrayBuffer();
        if (found.ok) await call('PUT', one, object);
        else await call('POST', collection, object);
      }
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

const plurals: Record<string, string> = {
  Service: 'services',
  EndpointSlice: 'endpointslices',
  HTTPRoute: 'httproutes',
  GRPCRoute: 'grpcroutes',
  TrafficPolicy: 'trafficpolicies',
  FaultPolicy: 'faultpolicies',
};

/** The path of an object's collection. */
export function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const root = apiVersion.includes('/') ? '/apis' : '/api';
  return `${root}/${apiVersion}/namespaces/${metadata.namespace ?? 'default'}/${plurals[kind]}`;
}

/** A Service with one port, `http` unless named otherwise. */
export function service(
  name: string,
  port: number,
  options: { namespace?: string; portName?: string } = {},
): KubernetesObject {
  const { namespace = 'default', portName = 'http' } = options;
  const ports = [{ name: portName, port }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports } };
}

/** The endpoints of such a Service on 127.0.0.1. */
export function endpoints(
  name: string,
  ports: readonly number[],
  options: { namespace?: string; portName?: string } = {},
): KubernetesObject[] {
  const { namespace = 'default', portName = 'http' } = options;
  return ports.map((port, index) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-${index}`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'] }],
    ports: [{ name: portName, port }],
  }));
}
