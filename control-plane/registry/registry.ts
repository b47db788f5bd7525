import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../shared/log/log.ts';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import { managedByLabel, registryManager } from '../model/endpoint-slice.ts';
import type { Objects } from '../model/live-world.ts';
import { leasePrefix, type Store } from '../store/contract.ts';
import { type Lease, leaseKey, sliceName } from './lease.ts';
import { type Failure, Records } from './records.ts';
import { missingPorts } from './written.ts';

/** How long an instance stays when its stream breaks, ms. */
export const graceAfterBreak = 5_000;
/** How long after a start of the control plane: everybody has to find back first, ms. */
const graceAfterStart = 15_000;

export interface RegistryContext {
  readonly store: Store;
  readonly objects: Objects;
  readonly clock: Clock;
  readonly log: Log;
}

/** A lease as `aya status` shows it. */
export interface LeaseEntry {
  node: string;
  namespace: string;
  service: string;
  address: string;
  state: 'held' | 'grace';
  /** Ports that the Service does not have, so that nobody can call them. */
  unknownPorts?: number[];
}

interface Instance {
  lease: Lease;
  /** The stream that keeps it alive; undefined while it is in its time of grace. */
  owner: object | undefined;
  expiry: Cancel | undefined;
}

/** Instances of services, each alive as long as the stream of its sidecar. They appear as EndpointSlices. */
export interface Registry {
  /** Registers or renews. `owner` stands for the stream. Answers what went wrong. */
  register(lease: Lease, owner: object): Promise<Failure | undefined>;
  /** Takes an instance out at once, if `owner` is still the one that keeps it. */
  withdraw(lease: Lease, owner: object): Promise<void>;
  /** The stream has broken: the instance is taken out unless it registers again soon. */
  broke(lease: Lease, owner: object): void;
  leases(): LeaseEntry[];
  /** Leases stay stored. Resolves when nothing is being written. */
  close(): Promise<void>;
}

/** Resolves when every stored lease is in force again. */
export async function openRegistry(context: RegistryContext): Promise<Registry> {
  const { store, objects, clock, log } = context;
  const instances = new Map<string, Instance>();
  const records = new Records(context);

  const expireIn = (key: string, instance: Instance, ms: number): void => {
    instance.expiry?.();
    instance.expiry = clock.after(ms, () => {
      const { node, namespace, service } = instance.lease;
      log.warn({ node, namespace, service }, 'an instance is taken out: its sidecar did not come back');
      void remove(key, instance);
    });
  };
  const remove = (key: string, instance: Instance): Promise<void> => {
    instance.expiry?.();
    if (instances.get(key) === instance) instances.delete(key);
    return records.remove(instance.lease);
  };

  for (const { value } of (await store.list(leasePrefix)).entries) {
    const lease = JSON.parse(value) as Lease;
    const instance: Instance = { lease, owner: undefined, expiry: undefined };
    instances.set(leaseKey(lease), instance);
    await records.write(lease, 'known');
    expireIn(leaseKey(lease), instance, graceAfterStart);
  }
  // Left by a crash between the deletion of a lease and that of its slice, or the other way round.
  const cancelSweep = clock.after(graceAfterStart, () => {
    const known = new Set([...instances.values()].map(({ lease }) => `${lease.namespace}/${sliceName(lease)}`));
    for (const [key, { metadata }] of objects.world.endpointSlices) {
      if (metadata.labels?.[managedByLabel] !== registryManager || known.has(key)) continue;
      void records.removeSlice(metadata.namespace, metadata.name);
    }
  });
  // Names of ports are the Service's, which may change under registered instances.
  const unsubscribe = objects.cache.subscribe((changes) => {
    for (const { value } of changes) {
      if (value?.kind !== 'Service') continue;
      const { namespace, name } = value.metadata;
      for (const { lease } of instances.values()) {
        if (lease.service === name && lease.namespace === namespace) void records.write(lease, 'known');
      }
    }
  });

  return {
    async register(lease, owner) {
      const key = leaseKey(lease);
      const before = instances.get(key);
      before?.expiry?.();
      const instance: Instance = { lease, owner, expiry: undefined };
      instances.set(key, instance);
      const known = before !== undefined && isDeepStrictEqual(before.lease, lease);
      return records.write(lease, known ? 'known' : 'new');
    },
    async withdraw(lease, owner) {
      const key = leaseKey(lease);
      const instance = instances.get(key);
      if (instance?.owner === owner) await remove(key, instance);
    },
    broke(lease, owner) {
      const key = leaseKey(lease);
      const instance = instances.get(key);
      if (instance?.owner !== owner) return;
      instance.owner = undefined;
      expireIn(key, instance, graceAfterBreak);
    },
    leases: () => [...instances.values()].map(({ lease, owner }) => entryOf(lease, owner !== undefined, objects)),
    async close() {
      cancelSweep();
      unsubscribe();
      for (const { expiry } of instances.values()) expiry?.();
      await records.idle();
    },
  };
}

function entryOf(lease: Lease, held: boolean, { world }: Objects): LeaseEntry {
  const { node, namespace, service, address } = lease;
  const target = world.services.get(`${namespace}/${service}`);
  const unknown = target ? missingPorts(lease, target) : [];
  const state = held ? 'held' : 'grace';
  return { node, namespace, service, address, state, ...(unknown.length > 0 && { unknownPorts: unknown }) };
}
