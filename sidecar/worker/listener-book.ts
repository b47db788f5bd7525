import net from 'node:net';

interface Entry {
  readonly address: string;
  readonly port: number;
  /** Sockets bound and not yet handed to the worker of that index. */
  readonly bound: (net.BoundSocket | null)[];
}

/**
 * Main's book of listening sockets (decision D13): main binds, one socket per worker, and hands them over. With several
 * workers they share the port by SO_REUSEPORT; since a second process could then share it silently too, a plain bind
 * comes first as a probe.
 */
export class ListenerBook {
  readonly #workers: number;
  readonly #entries = new Map<string, Entry>();
  /** Bound ahead of the listener that will want the address. */
  readonly #reserved = new Map<string, Entry>();
  /** The newest wish for each name that is being bound. */
  readonly #opening = new Map<string, object>();

  constructor(workers: number) {
    this.#workers = workers;
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Where a listener is bound. */
  address(name: string): { address: string; port: number } | undefined {
    return this.#entries.get(name);
  }

  /**
   * Binds an address for a listener that is still to come, so that its port can be told before: until then connections
   * are refused. Rejects as `open` does.
   */
  async reserve(name: string, address: string, port: number): Promise<{ address: string; port: number }> {
    const entry = await this.#bind(address, port);
    this.#reserved.set(name, entry);
    return entry;
  }

  /**
   * Binds for all workers. Rejects with a sentence that names the address and what to do. What is reserved for a listener
   * wins over the address that it names, which is of an earlier run when it comes from the last good configuration. When
   * the listener is closed or moved before it is bound, what was bound is let go again.
   */
  async open(name: string, address: string, port: number): Promise<{ address: string; port: number }> {
    const wish = {};
    this.#opening.set(name, wish);
    const entry = this.#reserved.get(name) ?? (await this.#bind(address, port));
    this.#reserved.delete(name);
    if (this.#opening.get(name) === wish) {
      this.#opening.delete(name);
      this.#entries.set(name, entry);
    } else letGo(entry.bound);
    return entry;
  }

  /** The socket for one worker, once. */
  take(name: string, worker: number): net.BoundSocket | null {
    const entry = this.#entries.get(name);
    if (!entry) return null;
    const bound = entry.bound[worker] ?? null;
    entry.bound[worker] = null;
    return bound;
  }

  /** A worker died, and its sockets with it: binds anew for its successor. Returns why an address could not be had. */
  lost(worker: number): Error | null {
    try {
      for (const entry of this.#entries.values()) {
        entry.bound[worker] ??= bind(entry.address, entry.port, this.#workers > 1);
      }
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  close(name: string): void {
    this.#opening.delete(name);
    letGo(this.#entries.get(name)?.bound ?? []);
    this.#entries.delete(name);
  }

  async #bind(address: string, port: number): Promise<Entry> {
    const first = bind(address, port, false);
    const actual = first.address().port;
    if (this.#workers === 1) return { address, port: actual, bound: [first] };
    first.close();
    await closed();
    const bound: net.BoundSocket[] = [];
    try {
      for (let index = 0; index < this.#workers; index += 1) bound.push(bind(address, actual, true));
    } catch (error) {
      letGo(bound);
      throw error;
    }
    return { address, port: actual, bound };
  }
}

function bind(host: string, port: number, reusePort: boolean): net.BoundSocket {
  try {
    return new net.BoundSocket({ host, port, reusePort });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'EADDRINUSE'
        ? 'the address is in use; stop the other program, or choose another port (0 takes a free one)'
        : code === 'EACCES'
          ? 'the port needs a privilege; choose one above 1023'
          : message;
    throw new Error(`cannot bind ${host}:${port}: ${why}`);
  }
}

function letGo(sockets: readonly (net.BoundSocket | null)[]): void {
  for (const each of sockets) each?.close();
}

/** The kernel frees the probe's port when its handle is closed, one turn later. */
function closed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
