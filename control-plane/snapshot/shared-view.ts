import { ROUTE, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import type { Caller } from '../translate/caller.ts';
import type { ServiceEntry } from '../translate/catalog.ts';
import type { Draft } from '../translate/message.ts';
import { outsideResource } from '../translate/outside.ts';
import { noteInto, type TranslationProblem } from '../translate/problem.ts';
import { absentTarget, translateService } from '../translate/service.ts';
import { sharedRoutes } from '../translate/translation.ts';
import { Encoded } from './encoded.ts';
import type { Resource, View } from './resource.ts';

interface OfType {
  readonly resources: Map<string, Encoded>;
  readonly aliases: Map<string, Encoded>;
  stamp: number;
}

interface OfService {
  readonly drafts: readonly Draft[];
  readonly problems: readonly TranslationProblem[];
}

/** Numbers over all views: a node that moves to another view sees a stamp that it has not seen. */
let stamps = 0;

/** What all callers of one kind and namespace share: everything but their own sockets. */
export class SharedView implements View {
  readonly caller: Caller;
  readonly #types = new Map<string, OfType>();
  readonly #services = new Map<string, OfService>();
  /** Whether callers may leave the mesh. */
  readonly #outside: boolean;
  /** Resources made up for gRPC targets that do not exist, and for what lies outside of the mesh, by what was asked for. */
  readonly #absent = new Map<string, Resource | undefined>();

  constructor(caller: Caller, outside: boolean) {
    this.caller = caller;
    this.#outside = outside;
    this.#shareRoutes();
  }

  get(type: string, name: string): Resource | undefined {
    const all = this.#types.get(type);
    return all?.resources.get(name) ?? all?.aliases.get(name) ?? this.#absentResource(type, name);
  }

  all(type: string): Iterable<Resource> {
    return this.#types.get(type)?.resources.values() ?? [];
  }

  stamp(type: string): number {
    return this.#types.get(type)?.stamp ?? 0;
  }

  problems(): TranslationProblem[] {
    return [...this.#services.values()].flatMap(({ problems }) => problems);
  }

  /** Translates the services of these keys anew; those without an entry are gone. Only what has other content counts as changed. */
  update(keys: Iterable<string>, services: ReadonlyMap<string, ServiceEntry>): void {
    const before = this.stamp(VIRTUAL_HOST);
    // A namespace may have come or gone, and with it the meaning of a name.
    if (this.#outside) this.#absent.clear();
    for (const key of keys) {
      const entry = services.get(key);
      const problems = new Map<string, TranslationProblem>();
      const drafts = entry ? translateService(entry, this.caller, noteInto(problems)) : [];
      const kept = new Set(drafts.map(identityOf));
      for (const old of this.#services.get(key)?.drafts ?? []) if (!kept.has(identityOf(old))) this.#remove(old);
      for (const draft of drafts) this.#put(draft);
      if (entry) this.#services.set(key, { drafts, problems: [...problems.values()] });
      else this.#services.delete(key);
    }
    if (this.stamp(VIRTUAL_HOST) !== before) this.#shareRoutes();
  }

  #remove({ type, name }: Draft): void {
    const all = this.#types.get(type);
    const resource = all?.resources.get(name);
    if (!all || !resource) return;
    all.resources.delete(name);
    for (const alias of resource.aliases) if (all.aliases.get(alias) === resource) all.aliases.delete(alias);
    all.stamp = ++stamps;
  }

  #put(draft: Draft): void {
    const all = this.#types.get(draft.type) ?? { resources: new Map(), aliases: new Map(), stamp: 0 };
    this.#types.set(draft.type, all);
    const resource = new Encoded(draft);
    const old = all.resources.get(draft.name);
    if (old) {
      // Encoded means that somebody has compared it, or that it is part of Envoy's routes.
      const watched = old.isEncoded || this.#isPart(draft);
      if (watched && old.version === resource.version && sameAliases(old, resource)) return;
      this.#remove(draft);
    }
    all.resources.set(draft.name, resource);
    for (const alias of draft.aliases) all.aliases.set(alias, resource);
    all.stamp = ++stamps;
  }

  /** The route configuration of sidecars: for Envoy it holds all virtual hosts, for Aya's own none. */
  #shareRoutes(): void {
    if (this.caller.kind === 'aya' && this.#types.has(ROUTE)) return;
    const hosts = [...this.#services.values()].flatMap(({ drafts }) => drafts.filter((each) => this.#isPart(each)));
    for (const draft of sharedRoutes(hosts, this.caller)) this.#put(draft);
  }

  #isPart({ type }: Draft): boolean {
    return type === VIRTUAL_HOST && this.caller.kind === 'envoy';
  }

  #absentResource(type: string, name: string): Resource | undefined {
    if (this.caller.kind !== 'grpc' && !this.#outside) return undefined;
    const key = `${type} ${name}`;
    if (!this.#absent.has(key)) {
      const draft = this.#madeUp(type, name);
      // Only names that somebody asked for, and no more of them than a forgetful client could make up.
      if (this.#absent.size >= 10_000) this.#absent.clear();
      this.#absent.set(key, draft && new Encoded(draft));
    }
    return this.#absent.get(key);
  }

  #madeUp(type: string, name: string): Draft | undefined {
    if (this.caller.kind === 'grpc')
      return absentTarget(name, this.caller).find((each) => each.type === type && each.name === name);
    const isNamespace = (text: string): boolean => [...this.#services.keys()].some((key) => key.startsWith(`${text}/`));
    return outsideResource(type, name, this.caller, isNamespace);
  }
}

function identityOf({ type, name }: Draft): string {
  return `${type} ${name}`;
}

function sameAliases(one: Resource, other: Resource): boolean {
  return (
    one.aliases.length === other.aliases.length && one.aliases.every((each, index) => each === other.aliases[index])
  );
}
