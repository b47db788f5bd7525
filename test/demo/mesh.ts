import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';
import { Mesh } from '../support/mesh.ts';
import type { Sidecar } from '../support/sidecar.ts';

const programs = fileURLToPath(new URL('programs', import.meta.url));

export interface Instance {
  readonly name: string;
  readonly service: string;
  /** Of the program: web and cart take /behave there. */
  readonly port: number;
  readonly sidecar: Sidecar;
}

/** Services, their instances, what they run, and how they differ from a plain HTTP service. */
const layout = [
  { service: 'web', instances: 2, program: 'service.mjs', next: ['cart'], flags: [] },
  { service: 'cart', instances: 3, program: 'service.mjs', next: ['grpc:stock'], flags: [] },
  { service: 'stock', instances: 2, program: 'stock.mjs', next: [], flags: ['--protocol', 'grpc'] },
] as const;

/** The mesh of the demo: services with a sidecar each, and a load. Everything ends with `stop`. */
export class DemoMesh {
  readonly instances: Instance[] = [];
  readonly #mesh = new Mesh();

  get api(): string {
    return this.#mesh.plane.api;
  }

  /** Holds a log of every process. */
  get folder(): string {
    return this.#mesh.folder;
  }

  /** Starts everything; `hear` gets each line of the load. Rejects when something does not come up within 30 s. */
  async start(perSecond: number, hear: (line: string) => void): Promise<void> {
    await this.#mesh.startControlPlane();
    const starting = layout.flatMap(({ service, instances, program, next, flags: own }) =>
      Array.from({ length: instances }, async (_, at) => {
        const name = `${service}-${at + 1}`;
        const port = await freePort();
        const flags = [...own, '--access-log', this.#logOf(name)];
        const command = [process.execPath, path.join(programs, program), name, ...next];
        return { name, service, port, sidecar: await this.#mesh.run(service, port, command, { name, flags }) };
      }),
    );
    this.instances.push(...(await Promise.all(starting)));
    await Promise.all(layout.map(({ service, instances }) => this.#mesh.endpoints(service, instances)));
    const program = [process.execPath, path.join(programs, 'load.mjs'), `${perSecond}`];
    const { child } = await this.#mesh.run('load', null, program);
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('{"at"') && hear(line));
  }

  of(service: string): Instance[] {
    return this.instances.filter((each) => each.service === service);
  }

  /** Makes one instance slow or broken, behind the mesh's back. */
  async behave(name: string, behaviour: { delay?: number; status?: number }): Promise<void> {
    const instance = this.instances.find((each) => each.name === name);
    await fetch(`http://127.0.0.1:${instance?.port}/behave`, { method: 'POST', body: JSON.stringify(behaviour) });
  }

  /** What the sidecar of an instance has logged of requests: one JSON line each. */
  accessLog(instance: Instance): string {
    return readFileSync(this.#logOf(instance.name), 'utf8');
  }

  #logOf(name: string): string {
    return path.join(this.folder, `${name}.access.log`);
  }

  /** `aya ARGUMENTS`, with `input` for `-f -`. Rejects with what it said when it failed. */
  aya(args: readonly string[], input = ''): Promise<string> {
    return this.#mesh.aya(args, input);
  }

  /** GET of a sidecar's admin, as text. */
  admin(instance: Instance, query: string): Promise<string> {
    return instance.sidecar.admin(query);
  }

  /** `keep` leaves the logs. */
  stop(keep: boolean): Promise<void> {
    return this.#mesh.stop({ keep });
  }
}
