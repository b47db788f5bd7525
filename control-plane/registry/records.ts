import { isDeepStrictEqual } from 'node:util';
import type { AnyObject } from '../model/kinds.ts';
import { kindNamed } from '../model/kinds.ts';
import { encodeObject, storeKey } from '../model/stored.ts';
import type { Written } from '../store/contract.ts';
import { type Lease, leaseKey, sliceName } from './lease.ts';
import type { RegistryContext } from './registry.ts';
import { missingPorts, serviceFor, sliceFor, widened } from './written.ts';

/** Why a registration could not be stored: a sentence for people. */
export type Failure = string;

/** How often a write starts again because somebody else changed the object first. */
const attempts = 5;

/** What the store holds about leases. Writes about one lease follow each other; those about others do not wait. */
export class Records {
  readonly #context: RegistryContext;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /** Stores the lease (unless it is known to be), then what it needs: Service and EndpointSlice. */
  write(lease: Lease, stored: 'known' | 'new'): Promise<Failure | undefined> {
    return this.#inTurn(leaseKey(lease), async () => {
      if (stored === 'new') {
        const written = await this.#context.store.put(leaseKey(lease), JSON.stringify(lease));
        if (!written.ok) return failureOf(written);
      }
      return (await this.#writeService(lease)) ?? (await this.#writeSlice(lease));
    });
  }

  /** First the endpoint goes, then the lease: a crash between leaves a lease that expires. */
  remove(lease: Lease): Promise<void> {
    return this.#inTurn(leaseKey(lease), async () => {
      await this.removeSlice(lease.namespace, sliceName(lease));
      await this.#context.store.delete(leaseKey(lease));
    });
  }

  async removeSlice(namespace: string, name: string): Promise<void> {
    await this.#context.objects.cache.delete(keyOf('EndpointSlice', namespace, name));
  }

  async idle(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  #writeService(lease: Lease): Promise<Failure | undefined> {
    const { objects, clock, log } = this.#context;
    return this.#put('Service', lease.namespace, lease.service, () => {
      const service = objects.world.services.get(`${lease.namespace}/${lease.service}`);
      if (!service) return serviceFor(lease, clock.wall());
      const missing = missingPorts(lease, service);
      const wider = widened(service, lease);
      if (missing.length > 0 && !wider) {
        const { namespace, service: name, node } = lease;
        log.warn({ node, namespace, service: name, missing }, 'the Service lacks ports that the workload serves');
      }
      return wider ?? service;
    });
  }

  #writeSlice(lease: Lease): Promise<Failure | undefined> {
    const { objects, clock } = this.#context;
    const name = sliceName(lease);
    return this.#put('EndpointSlice', lease.namespace, name, () => {
      const service = objects.world.services.get(`${lease.namespace}/${lease.service}`);
      const existing = objects.world.endpointSlices.get(`${lease.namespace}/${name}`);
      return sliceFor(lease, service, existing, clock.wall());
    });
  }

  /** Writes what `make` answers, given what is there, unless that is the same. */
  async #put(
    kind: AnyObject['kind'],
    namespace: string,
    name: string,
    make: () => AnyObject,
  ): Promise<Failure | undefined> {
    const { cache } = this.#context.objects;
    const key = keyOf(kind, namespace, name);
    for (let attempt = 1; ; attempt += 1) {
      const existing = cache.get(key);
      const object = make();
      if (existing && isDeepStrictEqual(JSON.parse(encodeObject(existing)), JSON.parse(encodeObject(object))))
        return undefined;
      const written = await cache.put(key, encodeObject(object), Number(existing?.metadata.resourceVersion ?? 0));
      if (written.ok) return undefined;
      if (written.reason !== 'conflict' || attempt === attempts) return failureOf(written);
    }
  }

  #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(key) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#queues.set(key, settled);
    void settled.then(() => {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    });
    return turn;
  }
}

function keyOf(kind: AnyObject['kind'], namespace: string, name: string): string {
  const known = kindNamed(kind);
  if (!known) throw new Error(`no kind ${kind}`);
  return storeKey(known, namespace, name);
}

function failureOf(written: Extract<Written, { ok: false }>): Failure {
  return written.reason === 'unavailable' ? written.message : 'somebody else keeps changing the same object';
}
