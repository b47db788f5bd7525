import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ENDPOINT } from '../../shared/xds/type-url.ts';
import { type ControlPlaneProcess, type KubernetesObject, pathOf, startControlPlane } from './control-plane.ts';
import { DeltaClient } from './delta-client.ts';
import { eventually } from './eventually.ts';
import { type CallOptions, type CallResult, call } from './http-call.ts';
import { nodeWith } from './node.ts';
import { Sidecar } from './sidecar.ts';

/** The command as a user has it: the bundle when it is up to date, else the sources. */
const aya = fileURLToPath(new URL('../../bin/aya', import.meta.url));

/** How long a process may take to come up on a busy machine, ms. */
const startsWithin = 30_000;

export interface MemberOptions {
  /** Of the node and of its log; default the service. */
  readonly name?: string;
  /** Further flags of `aya sidecar` or `aya run`. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

interface Condition {
  readonly type: string;
  readonly message: string;
  readonly observedGeneration: number;
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A whole mesh on this machine, every part a process of its own, on free ports of 127.0.0.1. `stop` ends them all. */
export class Mesh {
  /** Holds the store, and NAME.log of every process. */
  readonly folder = mkdtempSync(path.join(tmpdir(), 'aya-mesh-'));
  readonly #members = new Map<string, Sidecar>();
  readonly #planeFlags: readonly string[];
  #plane: ControlPlaneProcess | undefined;

  /** `planeFlags`: of `aya control-plane`, besides those that every mesh here has. */
  constructor(planeFlags: readonly string[] = []) {
    this.#planeFlags = planeFlags;
  }

  /** With a control plane that is ready. */
  static async start(): Promise<Mesh> {
    const mesh = new Mesh();
    await mesh.startControlPlane();
    return mesh;
  }

  /** The same for the length of a test, or of a suite. */
  static async for(t: Pick<TestContext, 'after'>, planeFlags: readonly string[] = []): Promise<Mesh> {
    const mesh = new Mesh(planeFlags);
    t.after(() => mesh.stop());
    await mesh.startControlPlane();
    return mesh;
  }

  get plane(): ControlPlaneProcess {
    if (!this.#plane) throw new Error('the control plane was never started');
    return this.#plane;
  }

  /** Starts the control plane; again, on the same store and at the same addresses, when one ran before. */
  async startControlPlane(): Promise<void> {
    const before = this.#plane;
    const addresses = before ? ['--api', before.api.replace('http://', ''), '--xds', before.xds] : [];
    const data = path.join(this.folder, 'store');
    this.#plane = await startControlPlane(data, [...addresses, ...this.#planeFlags], [aya, 'control-plane']);
    this.#plane.child.stderr?.pipe(createWriteStream(path.join(this.folder, 'control-plane.log'), { flags: 'a' }));
  }

  /** A sidecar beside a program that runs already on port `app`; null when it only calls others. Resolves when it serves. */
  async sidecar(service: string, app: number | null, options: MemberOptions = {}): Promise<Sidecar> {
    return this.#ready(this.spawnSidecar(service, app, options));
  }

  /** The same without waiting. */
  spawnSidecar(service: string, app: number | null, options: MemberOptions = {}): Sidecar {
    const sockets = ['--outbound', '127.0.0.1:0', '--inbound', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
    const serves = app === null ? [] : ['--app', `127.0.0.1:${app}`];
    const times = ['--announce-time', '0', '--drain-time', '2'];
    return this.#member('sidecar', service, options, [...sockets, ...times, ...serves], []);
  }

  /** `aya run`: a sidecar, and once it serves the program. `port` is where the program listens; null: nowhere. */
  async run(
    service: string,
    port: number | null,
    program: readonly string[],
    options: MemberOptions = {},
  ): Promise<Sidecar> {
    const serves = port === null ? [] : ['--port', `${port}`];
    const times = ['--announce-time', '0', '--drain-time', '2', '--stop-time', '2'];
    return this.#ready(this.#member('run', service, options, [...times, ...serves], ['--', ...program]));
  }

  /** `aya ARGUMENTS` towards this control plane, with `input` for `-f -`. Rejects with what it said when it failed. */
  async aya(args: readonly string[], input = ''): Promise<string> {
    const { code, out, err } = await runProgram(aya, [...args, '--server', this.plane.api], input);
    if (code !== 0) throw new Error(`aya ${args.join(' ')}: ${out}${err}`);
    return out;
  }

  /** The same with kubectl. */
  async kubectl(args: readonly string[], input = ''): Promise<string> {
    const own = { HOME: this.folder, KUBECONFIG: path.join(this.folder, 'no-kubeconfig') };
    const { code, out, err } = await runProgram('kubectl', ['-s', this.plane.api, ...args], input, own);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${out}${err}`);
    return out;
  }

  /** Waits until a service on port 80 has so many endpoints, and sidecars are told so. */
  async endpoints(service: string, count: number): Promise<void> {
    const observer = new DeltaClient(this.plane.xds, nodeWith('observer', 'aya', { kind: 'aya-sidecar' }));
    const name = `${service}.default:80`;
    observer.subscribe(ENDPOINT, name);
    try {
      await eventually(() => {
        const assignment = observer.get('envoy.config.endpoint.v3.ClusterLoadAssignment', name);
        const found = assignment?.endpoints.reduce((sum, each) => sum + each.lb_endpoints.length, 0) ?? 0;
        if (found !== count) throw new Error(`${service} has ${found} endpoints and not ${count}`);
        return true;
      }, 20_000);
    } finally {
      observer.close();
    }
  }

  /** Makes a TrafficPolicy or HTTPRoute what `object` says, and waits until every sidecar acknowledged it. */
  async program(object: KubernetesObject): Promise<void> {
    await this.plane.apply(object);
    const one = `${pathOf(object)}/${object.metadata.name}`;
    await eventually(async () => {
      const { metadata, status } = await this.plane.call('GET', one);
      const { conditions = [] } = status?.parents?.[0] ?? status ?? {};
      const condition = (conditions as Condition[]).find(({ type }) => type === 'Programmed');
      const [, applied, total] = /^applied on (\d+)\/(\d+)/.exec(condition?.message ?? '') ?? [];
      if (condition?.observedGeneration === metadata.generation && applied !== undefined && applied === total)
        return true;
      throw new Error(`${one} is not in force: ${JSON.stringify(conditions)}`);
    });
  }

  /** Ends everything, in peace where there is some; `keep` leaves the folder with the logs. */
  async stop({ keep = false } = {}): Promise<void> {
    await Promise.all([...this.#members.values()].map(end));
    await this.#plane?.stop('SIGKILL');
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }

  #member(
    command: string,
    service: string,
    { name = service, flags = [], env = {} }: MemberOptions,
    own: readonly string[],
    program: readonly string[],
  ): Sidecar {
    const mesh = ['--service', service, '--node', name, '--control-plane', this.plane.xds];
    const child = spawn(aya, [command, ...mesh, ...own, ...flags, ...program], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr?.pipe(createWriteStream(path.join(this.folder, `${name}.log`), { flags: 'a' }));
    const member = new Sidecar(child, () => {});
    this.#members.set(name, member);
    return member;
  }

  async #ready(member: Sidecar): Promise<Sidecar> {
    await eventually(() => {
      if (member.child.exitCode !== null) throw new Error(`it ended with ${member.child.exitCode}:\n${member.log}`);
      return member.lines().some((line) => line.msg === 'ready');
    }, startsWithin);
    return member;
  }
}

/** A request by an outbound listener, as a program makes it that honours `http_proxy`. */
export function ask(caller: Sidecar, url: string, options: CallOptions = {}): Promise<CallResult> {
  const headers = { host: new URL(url).host, ...options.headers };
  return call(caller.port('outbound'), { ...options, path: url, headers });
}

/** What a sidecar and its program are told first; `aya run` has children of its own, which a kill would leave behind. */
async function end(member: Sidecar): Promise<void> {
  const { child } = member;
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 6_000);
  await member.ended();
  clearTimeout(late);
}

/** Runs a program to its end. */
function runProgram(
  command: string,
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
    let [out, err] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
