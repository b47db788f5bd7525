import type { Terminal } from './output/terminal.ts';

export const usage = `Usage: aya control-plane [--data DIR] [--api HOST:PORT] [--xds HOST:PORT] [--store URL] ...

Runs a control plane until SIGTERM or SIGINT: the API (default 127.0.0.1:15080), xDS for sidecars, Envoy and gRPC clients
(default 127.0.0.1:15010), and a store that is embedded (a SQLite file below --data) unless --store names another.
Every flag can also be set as AYA_... in the environment.`;

export async function run(argv: string[], _terminal: Terminal): Promise<number> {
  const { runControlPlane } = await import('../control-plane/main.ts');
  return runControlPlane(argv);
}
