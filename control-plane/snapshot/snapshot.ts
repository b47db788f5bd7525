import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { AnyObject } from '../model/kinds.ts';
import type { World } from '../model/world.ts';
import type { Caller, MeshNode } from '../translate/caller.ts';
import { type Catalog, catalogOf, identityOf, sameEntry } from '../translate/catalog.ts';
import type { TranslationProblem } from '../translate/problem.ts';
import { NodeView } from './node-view.ts';
import { SharedView } from './shared-view.ts';

/** A change waits for others so long, ms, but none longer than the latter. */
const quiet = 25;
const patience = 250;

/** What the mesh looks like to its clients, translated as far as somebody looks. Changes arrive together, in one turn. */
export interface Snapshot {
  /** Opens a node's view; it stays true until `close`. */
  open(node: MeshNode): NodeView;
  close(view: NodeView): void;
  /** The world has changed. `urgent`: something must not be used any more; otherwise more changes are waited for. */
  changed(urgent: boolean): void;
  /** Shows at once what is being waited with: for somebody who asks in vain for what may just have been made. */
  catchUp(): void;
  /** Calls `listener` after views have changed. */
  subscribe(listener: () => void): () => void;
  /** Whether this generation of a route or policy is part of what views show by now. */
  shows(object: AnyObject): boolean;
  /** What has no effect somewhere, and why; of one object, or of all. */
  problems(object?: AnyObject): readonly TranslationProblem[];
  stop(): void;
}

/** `outside`: callers may leave the mesh. */
export function createSnapshot(world: World, clock: Clock, outside = false): Snapshot {
  let catalog: Catalog = catalogOf(world, clock.wall());
  const shared = new Map<string, SharedView>();
  const nodes = new Set<NodeView>();
  const listeners = new Set<() => void>();
  let cancelFlush: Cancel | undefined;
  let cancelExpiry: Cancel | undefined;
  let latest = 0;
  /** By object; undefined when views have changed since it was asked for. */
  let known: Map<string, TranslationProblem[]> | undefined;

  function flush(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    const next = catalogOf(world, clock.wall());
    const keys = [...new Set([...catalog.services.keys(), ...next.services.keys()])];
    const dirty = keys.filter((key) => !sameEntry(catalog.services.get(key), next.services.get(key)));
    catalog = next;
    for (const view of shared.values()) if (dirty.length > 0) view.update(dirty, catalog.services);
    for (const view of nodes) view.shared = sharedFor(view.node);
    drop();
    known = undefined;
    expire();
    for (const listener of listeners) listener();
  }

  /** A lease that ends changes the mesh like any write. */
  function expire(): void {
    cancelExpiry?.();
    cancelExpiry = undefined;
    const left = catalog.until - clock.wall();
    // Timers of the platform hold 24 days at most; a lease is shorter.
    if (Number.isFinite(left)) cancelExpiry = clock.after(Math.max(1, left), flush);
  }

  function sharedFor(node: MeshNode): SharedView {
    const caller = callerOf(node, catalog);
    const key = JSON.stringify(caller);
    let view = shared.get(key);
    if (!view) {
      view = new SharedView(caller, outside);
      view.update(catalog.services.keys(), catalog.services);
      shared.set(key, view);
      known = undefined;
    }
    return view;
  }

  function drop(): void {
    const used = new Set([...nodes].map((view) => view.shared));
    for (const [key, view] of shared) {
      if (used.has(view)) continue;
      shared.delete(key);
      known = undefined;
    }
  }

  expire();
  return {
    open(node) {
      const view = new NodeView(node, sharedFor(node));
      nodes.add(view);
      return view;
    },
    close(view) {
      nodes.delete(view);
      drop();
    },
    changed(urgent) {
      const now = clock.now();
      if (urgent) return flush();
      if (!cancelFlush) latest = now + patience;
      cancelFlush?.();
      cancelFlush = clock.after(Math.max(0, Math.min(quiet, latest - now)), flush);
    },
    catchUp() {
      if (cancelFlush) flush();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    shows: (object) => catalog.generations.get(identityOf(object)) === object.metadata.generation,
    problems(object) {
      known ??= problemsOf(shared.values());
      return object ? (known.get(identityOf(object)) ?? []) : [...known.values()].flat();
    },
    stop() {
      cancelFlush?.();
      cancelExpiry?.();
    },
  };
}

/** What distinguishes a node from others of its kind: who it is matters only to faults that name it. */
function callerOf({ kind, level, namespace, service }: MeshNode, { named }: Catalog): Caller {
  return { kind, level, namespace, service: named.has(`${namespace}/${service}`) ? service : '' };
}

/** Views of one kind have the same problems mostly: each is said once. */
function problemsOf(views: Iterable<SharedView>): Map<string, TranslationProblem[]> {
  const all = new Map<string, TranslationProblem>();
  for (const view of views) for (const each of view.problems()) all.set(JSON.stringify(each), each);
  const byObject = new Map<string, TranslationProblem[]>();
  for (const each of all.values()) {
    const key = `${each.kind} ${each.namespace}/${each.name}`;
    const problems = byObject.get(key);
    if (problems) problems.push(each);
    else byObject.set(key, [each]);
  }
  return byObject;
}
