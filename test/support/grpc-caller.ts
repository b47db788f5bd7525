import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.ts';

export interface Call {
  backend?: string;
  error?: string;
  ms: number;
}

/** A gRPC client in a process of its own that calls again and again, and what came of its last calls. */
export class GrpcCaller {
  readonly calls: Call[] = [];
  readonly #child: ChildProcess;
  #said = '';

  /** `command` gets the target as its last argument, and the bootstrap file for xDS in the environment. */
  constructor(command: readonly string[], target: string, xds: string, directory: string) {
    const bootstrap = path.join(directory, `bootstrap-${Math.random()}.json`);
    const server = { server_uri: xds, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] };
    const node = { id: 'grpc-1', locality: { region: 'here', zone: 'a' }, metadata: { namespace: 'default' } };
    writeFileSync(bootstrap, JSON.stringify({ xds_servers: [server], node }));
    const [program = '', ...args] = command;
    this.#child = spawn(program, [...args, target], { env: { ...process.env, GRPC_XDS_BOOTSTRAP: bootstrap } });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-4000)));
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.calls.push(JSON.parse(line) as Call));
    }
  }

  /** Waits until the last `count` calls, all of them made from now on, satisfy `check`. */
  async until(what: string, check: (calls: Call[]) => boolean, { ms = 5000, count = 10 } = {}): Promise<void> {
    const from = this.calls.length;
    await eventually(() => {
      const last = this.calls.slice(from).slice(-count);
      if (last.length === count && check(last)) return true;
      const seen = JSON.stringify(this.calls.slice(-3));
      throw new Error(`not ${what} within ${ms} ms; last: ${seen}; exit ${this.#child.exitCode}; ${this.#said}`);
    }, ms);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
