import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../cli/beside/free-port.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const aya = path.join(root, 'bin/aya');
const programs = path.join(root, 'test/demo/programs');

export interface Instance {
  readonly name: string;
  readonly service: string;
  /** Of the program, for /behave. */
  readonly port: number;
  /** Of its sidecar. */
  readonly admin: number;
}

/** Services, their instances, and whom they call. */
const layout = [
  { service: 'web', instances: 2, next: 'cart' },
  { service: 'cart', instances: 3, next: 'stock' },
  { service: 'stock', instances: 2, next: '' },
] as const;

/** A whole mesh on this machine: control plane, services with a sidecar each, a load. Everything ends with `stop`. */
export class DemoMesh {
  readonly instances: Instance[] = [];
  readonly folder = mkdtempSync(path.join(tmpdir(), 'aya-demo-'));
  api = '';
  readonly #children: ChildProcess[] = [];

  /** Starts everything; `hear` gets each line of the load. Rejects when something does not come up within 30 s. */
  async start(perSecond: number, hear: (line: string) => void): Promise<void> {
    const [api, xds] = [await freePort(), await freePort()];
    this.api = `http://127.0.0.1:${api}`;
    const data = path.join(this.folder, 'store');
    const addresses = ['--api', `127.0.0.1:${api}`, '--xds', `127.0.0.1:${xds}`];
    this.#spawn('control-plane', ['control-plane', '--data', data, ...addresses]);
    await until(() => answers(`${this.api}/readyz`), 'the control plane');
    for (const { service, instances, next } of layout) {
      for (let number = 1; number <= instances; number += 1) {
        const name = `${service}-${number}`;
        const [port, admin] = [await freePort(), await freePort()];
        this.instances.push({ name, service, port, admin });
        const program = ['node', path.join(programs, 'service.mjs'), name, ...(next ? [next] : [])];
        this.#run(name, service, xds, admin, ['--port', `${port}`], program);
      }
    }
    const all = this.instances.map(({ name, port, admin }) =>
      until(
        async () => (await answers(`http://127.0.0.1:${admin}/ready`)) && answers(`http://127.0.0.1:${port}/healthz`),
        name,
      ),
    );
    await Promise.all(all);
    await until(() => this.#registered(), 'the registrations');
    const load = this.#run(
      'load',
      'load',
      xds,
      await freePort(),
      [],
      ['node', path.join(programs, 'load.mjs'), `${perSecond}`],
    );
    if (load.stdout)
      createInterface({ input: load.stdout }).on('line', (line) => line.startsWith('{"at"') && hear(line));
  }

  of(service: string): Instance[] {
    return this.instances.filter((each) => each.service === service);
  }

  /** Makes one instance slow or broken, behind the mesh's back. */
  async behave(name: string, behaviour: { delay?: number; status?: number }): Promise<void> {
    const instance = this.instances.find((each) => each.name === name);
    await fetch(`http://127.0.0.1:${instance?.port}/behave`, { method: 'POST', body: JSON.stringify(behaviour) });
  }

  /** `aya ARGUMENTS`, with `input` for `-f -`. Rejects with what it said when it failed. */
  aya(args: readonly string[], input = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(aya, [...args, '--server', this.api], { stdio: ['pipe', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
      child.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`aya ${args.join(' ')}: ${said}`))));
      child.stdin.end(input);
    });
  }

  /** GET of a sidecar's admin, as text. */
  async admin(instance: Instance, query: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${instance.admin}${query}`)).text();
  }

  async stop(): Promise<void> {
    const ended = this.#children.map((child) => new Promise((resolve) => child.on('close', resolve)));
    for (const child of this.#children) child.kill('SIGTERM');
    await Promise.race([Promise.all(ended), new Promise((resolve) => setTimeout(resolve, 5000))]);
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(name: string, service: string, xds: number, admin: number, port: string[], program: string[]): ChildProcess {
    const mesh = ['--service', service, '--node', name, '--control-plane', `127.0.0.1:${xds}`];
    const times = ['--announce-time', '0', '--drain-time', '1', '--stop-time', '1'];
    return this.#spawn(name, ['run', ...mesh, '--admin', `127.0.0.1:${admin}`, ...times, ...port, '--', ...program]);
  }

  #spawn(name: string, args: string[]): ChildProcess {
    const child = spawn(aya, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr?.pipe(createWriteStream(path.join(this.folder, `${name}.log`)));
    if (name !== 'load') child.stdout?.resume();
    this.#children.push(child);
    return child;
  }

  /** Every instance is among the endpoints. */
  async #registered(): Promise<boolean> {
    const answer = await fetch(`${this.api}/apis/discovery.k8s.io/v1/endpointslices`);
    const { items = [] } = (await answer.json()) as { items?: { endpoints?: unknown[] }[] };
    return items.reduce((sum, each) => sum + (each.endpoints?.length ?? 0), 0) >= this.instances.length;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).status === 200;
  } catch {
    return false;
  }
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come up within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
