/**
 * Finds what belongs to a host. Source: Envoy's route.v3.VirtualHost.domains. In order: the exact name; the longest
 * `*.suffix`; the longest `prefix.*`; `*`. A wildcard stands for at least one character. Case does not matter.
 */
export class HostIndex<T> {
  readonly #exact = new Map<string, T>();
  readonly #suffixes = new Wildcards<T>();
  readonly #prefixes = new Wildcards<T>();
  #any: T | null = null;

  /** Adds a domain; the first to claim it keeps it. False when it was taken. */
  add(domain: string, value: T): boolean {
    const name = domain.toLowerCase();
    if (name === '*') {
      if (this.#any !== null) return false;
      this.#any = value;
      return true;
    }
    if (name.startsWith('*')) return this.#suffixes.add(name.slice(1), value);
    if (name.endsWith('*')) return this.#prefixes.add(name.slice(0, -1), value);
    if (this.#exact.has(name)) return false;
    this.#exact.set(name, value);
    return true;
  }

  /** What `*` stands for when it is the only domain, else null: then no host needs to be looked at. */
  get only(): T | null {
    return this.#exact.size === 0 && this.#suffixes.empty && this.#prefixes.empty ? this.#any : null;
  }

  find(host: string): T | null {
    const name = host.toLowerCase();
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    return this.#suffixes.findEnd(name) ?? this.#prefixes.findStart(name) ?? this.#any;
  }
}

/** Suffixes or prefixes, by length, the longest first. */
class Wildcards<T> {
  readonly #byLength: { readonly length: number; readonly values: Map<string, T> }[] = [];

  get empty(): boolean {
    return this.#byLength.length === 0;
  }

  add(text: string, value: T): boolean {
    let group = this.#byLength.find((each) => each.length === text.length);
    if (!group) {
      group = { length: text.length, values: new Map() };
      this.#byLength.push(group);
      this.#byLength.sort((left, right) => right.length - left.length);
    }
    if (group.values.has(text)) return false;
    group.values.set(text, value);
    return true;
  }

  findEnd(name: string): T | null {
    for (const { length, values } of this.#byLength) {
      if (name.length <= length) continue;
      const value = values.get(name.slice(name.length - length));
      if (value !== undefined) return value;
    }
    return null;
  }

  findStart(name: string): T | null {
    for (const { length, values } of this.#byLength) {
      if (name.length <= length) continue;
      const value = values.get(name.slice(0, length));
      if (value !== undefined) return value;
    }
    return null;
  }
}

/** The host without its port: "cart:80" is "cart", "[::1]:80" is "[::1]". */
export function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon < 0 || host.indexOf(']', colon) >= 0 || /\D/.test(host.slice(colon + 1)) ? host : host.slice(0, colon);
}
