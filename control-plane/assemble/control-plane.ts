import type { Log } from '../../shared/log/log.ts';
import { createRpcServer } from '../../shared/rpc/server.ts';
import { randomHex } from '../../shared/struct/random-hex.ts';
import type { Clock } from '../../shared/time/clock.ts';
import { type Api, createApi } from '../api/server.ts';
import { Fleet } from '../discovery/fleet.ts';
import { discoveryHandlers } from '../discovery/server.ts';
import { openObjects } from '../model/live-world.ts';
import { HealthReports } from '../registry/endpoint-health.ts';
import { openRegistry } from '../registry/registry.ts';
import { registryHandlers } from '../registry/stream.ts';
import { createSnapshot } from '../snapshot/snapshot.ts';
import { takesEndpoints } from '../snapshot/urgency.ts';
import { openSqlite } from '../store/sqlite.ts';
import type { Options } from './options.ts';
import { fleetStatusOf, statusDocument } from './status.ts';

export interface ControlPlane {
  /** `http://127.0.0.1:15080`. */
  readonly api: string;
  /** HOST:PORT. */
  readonly xds: string;
  /** Ends streams and watches, then the store. */
  close(): Promise<void>;
}

export type Opened = { ok: true; controlPlane: ControlPlane } | { ok: false; message: string };

/** How long clients get to leave, ms. */
const grace = 1_000;

/**
 * The control plane on one page, in the order in which a change travels: store, world, registry, snapshot, clients. Clients
 * are let in last, so that the first that they see is all that is known.
 */
export async function openControlPlane(options: Options, version: string, clock: Clock, log: Log): Promise<Opened> {
  const opened = openSqlite(options.file);
  if (!opened.ok) return opened;
  const { store } = opened;
  const objects = await openObjects(store);
  const registry = await openRegistry({ store, objects, clock, log: log.child({ part: 'registry' }) });
  const snapshot = createSnapshot(objects.world, clock, options.outside);
  objects.cache.subscribe((changes) => {
    snapshot.changed(changes.some(({ previous, value }) => takesEndpoints(previous, value)));
  });
  const fleet = new Fleet(clock);
  const health = new HealthReports();
  const identifier = `aya-${randomHex(4)}`;
  const context = { snapshot, fleet, clock, log: log.child({ part: 'discovery' }), identifier };
  const rpc = createRpcServer({ ...discoveryHandlers(context), ...registryHandlers(registry, health) }, clock);

  let api: Api | undefined;
  const close = async (): Promise<void> => {
    await api?.close();
    await rpc.close(grace);
    await registry.close();
    snapshot.stop();
    objects.cache.close();
    await store.close();
  };
  try {
    api = await createApi({
      objects,
      clock,
      log: log.child({ part: 'api' }),
      host: options.api.host,
      port: options.api.port,
      allowedHosts: options.allowedHosts,
      version,
      fleetStatus: fleetStatusOf(objects.world, snapshot, fleet),
      status: statusDocument({ identifier, version, fleet, snapshot, registry, health }),
    });
    const { fleetChanged } = api;
    fleet.subscribe(fleetChanged);
    const port = await rpc.listen(options.xds.host, options.xds.port);
    const host = options.xds.host.includes(':') ? `[${options.xds.host}]` : options.xds.host;
    return { ok: true, controlPlane: { api: api.url, xds: `${host}:${port}`, close } };
  } catch (error) {
    await close();
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
