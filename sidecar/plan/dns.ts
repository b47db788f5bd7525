import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { DnsFamily, EndpointSource } from './cluster.ts';
import type { EndpointRow } from './endpoints.ts';

/** All addresses of a host, in the resolver's order. Rejects when there are none. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** The system's resolver, which knows /etc/hosts. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true });

type DnsSource = Extract<EndpointSource, { kind: 'dns' }>;

/** Resolves one STRICT_DNS cluster again and again; what was last good of each host stays when a look-up fails. */
class Watch {
  readonly source: DnsSource;
  readonly #resolve: Resolve;
  readonly #clock: Clock;
  readonly #tell: (rows: readonly EndpointRow[]) => void;
  readonly #lastGood = new Map<string, readonly string[]>();
  #cancel: Cancel = () => {};
  #stopped = false;

  constructor(source: DnsSource, resolve: Resolve, clock: Clock, tell: (rows: readonly EndpointRow[]) => void) {
    this.source = source;
    this.#resolve = resolve;
    this.#clock = clock;
    this.#tell = tell;
    void this.#round();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #round(): Promise<void> {
    const hosts = [...new Set(this.source.rows.map((each) => each.host))].filter((host) => isIP(host) === 0);
    await Promise.all(
      hosts.map(async (host) => {
        try {
          this.#lastGood.set(host, ofFamily(await this.#resolve(host), this.source.family));
        } catch {
          // Unknown names and resolvers that do not answer: the addresses before stay in use.
        }
      }),
    );
    if (this.#stopped) return;
    this.#tell(this.source.rows.flatMap((row) => this.#addresses(row)));
    this.#cancel = this.#clock.after(this.source.refreshRate, () => void this.#round());
  }

  #addresses(row: EndpointRow): EndpointRow[] {
    const addresses = isIP(row.host) === 0 ? (this.#lastGood.get(row.host) ?? []) : [row.host];
    return addresses.map((host) => ({ ...row, host, hostname: row.hostname || row.host }));
  }
}

/** Envoy's dns_lookup_family. AUTO takes IPv6 when there is any. */
function ofFamily(found: Awaited<ReturnType<Resolve>>, family: DnsFamily): string[] {
  const all = found.map((each) => each.address);
  const v4 = found.filter((each) => each.family === 4).map((each) => each.address);
  const v6 = found.filter((each) => each.family === 6).map((each) => each.address);
  if (family === 'V4_ONLY') return v4;
  if (family === 'V6_ONLY') return v6;
  if (family === 'V4_PREFERRED') return v4.length > 0 ? v4 : v6;
  return family === 'ALL' ? all : v6.length > 0 ? v6 : v4;
}

/** Keeps the STRICT_DNS clusters of the plan resolved (decision D17). */
export class DnsWatches {
  readonly #resolve: Resolve;
  readonly #clock: Clock;
  readonly #tell: (cluster: string, rows: readonly EndpointRow[]) => void;
  readonly #watches = new Map<string, Watch>();

  /** `tell` hears the endpoints of a cluster after each round, changed or not. */
  constructor(clock: Clock, tell: (cluster: string, rows: readonly EndpointRow[]) => void, resolve = systemResolve) {
    this.#clock = clock;
    this.#tell = tell;
    this.#resolve = resolve;
  }

  /** Watches exactly these clusters from now on. */
  watch(clusters: ReadonlyMap<string, DnsSource>): void {
    for (const [name, watch] of this.#watches) {
      if (clusters.get(name) === watch.source) continue;
      watch.stop();
      this.#watches.delete(name);
    }
    for (const [name, source] of clusters) {
      if (this.#watches.has(name)) continue;
      this.#watches.set(name, new Watch(source, this.#resolve, this.#clock, (rows) => this.#tell(name, rows)));
    }
  }

  stop(): void {
    for (const each of this.#watches.values()) each.stop();
    this.#watches.clear();
  }
}
