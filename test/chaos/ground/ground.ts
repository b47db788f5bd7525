import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../../bench/contenders/contender.ts';
import { startServer } from '../../bench/server.ts';
import { freePort } from '../../support/free-port.ts';
import { type Contestant, terms } from '../proxies/contestant.ts';
import { Client } from './client.ts';
import { Fleet, type Protocol } from './fleet.ts';
import type { Run, Scale, Scenario } from './scenario.ts';

/** Five backends and a client, for one proxy after the other. */
export class Ground {
  readonly #fleet: Fleet;
  readonly #client = new Client();
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'aya-chaos-'));
  #runs = 0;

  private constructor(fleet: Fleet) {
    this.#fleet = fleet;
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
  }

  static async ready(protocol: Protocol): Promise<Ground> {
    return new Ground(await Fleet.of(5, protocol));
  }

  /** One scenario with a proxy of its own: what one has learnt does not help in the next. */
  async run(scenario: Scenario, proxy: Contestant, { short, rate }: Scale): Promise<Run> {
    const [fleet, client] = [this.#fleet, this.#client];
    await fleet.restore();
    const place = await this.#place(proxy);
    const { listen: port } = place;
    const url = `http://127.0.0.1:${port}/`;
    const cores = `0-${cpus().length - 1}`;
    const server = await startServer({
      name: proxy.name,
      folder: place.folder,
      cores,
      command: proxy.command(place),
      url,
    });
    try {
      // Until its checks have passed. What it did until then is not counted.
      await sleep((short ? 0.5 : 2) * terms.check.interval);
      await fleet.restore();
      scenario.before?.(fleet);
      const marks: Record<string, number> = {};
      const { method = 'GET', kills = false } = scenario;
      const begun = await client.begin({ port, method, rate, deadline: terms.deadline, seed: 1 });
      await scenario.happen({
        short,
        rate,
        fleet,
        pass: (long, brief) => sleep(1_000 * (short ? brief : long)),
        mark: (name) => {
          marks[name] = Date.now() - begun;
        },
        load: (perSecond) => client.rate(perSecond),
      });
      const samples = await client.end();
      return { proxy: proxy.name, samples, backends: await fleet.counts(), marks, kills };
    } finally {
      await server.stop();
    }
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#fleet.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #place({ name }: Contestant): Promise<Place> {
    this.#runs += 1;
    const folder = path.join(this.#folder, `${name}-${this.#runs}`);
    mkdirSync(folder);
    const { ports, protocol } = this.#fleet;
    const http2Backends = protocol === 'http2' ? ports : [];
    return { folder, listen: await freePort(), admin: await freePort(), backends: ports, http2Backends };
  }
}
