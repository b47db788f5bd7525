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

  /** Binds for all workers. Rejects with a sentence that names the address and what to do. */
  async open(name: string, address: string, port: number): Promise<{ address: string; port: number }> {
    const reserved = this.#reserved.get(name);
    const fits = reserved && reserved.address === address && reserved.port === port;
    const entry = fits ? reserved : await this.#bind(address, port);
    if (fits) this.#reserved.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  async #bind(address: string, port: number): Promise<Entry> {
    const first = bind(address, port, false);
    const actual = first.address().port;
    const bound: (net.BoundSocket | null)[] = [first];
    if (this.#workers > 1) {
      first.close();
      await closed();
      bound[0] = bind(address, actual, true);
      for (let index = 1; index < this.#workers; index += 1) bound.push(bind(address, actual, true));
    }
    return { address, port: actual, bound };
  }

  /** The socket for one worker, once; binds another when that worker's is gone. */
  take(name: string, worker: number): net.BoundSocket | null {
    const entry = this.#entries.get(name);
    if (!entry) return null;
    const bound = entry.bound[worker] ?? null;
    entry.bound[worker] = null;
    return bound;
  }

  /** A worker died, and its sockets with it: binds anew for its successor. */
  lost(worker: number): void {
    for (const entry of this.#entries.values()) {
      entry.bound[worker] ??= bind(entry.address, entry.port, this.#workers > 1);
    }
  }

  close(name: string): void {
    for (const bound of this.#entries.get(name)?.bound ?? []) bound?.close();
    this.#entries.delete(name);
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

/** The kernel frees the probe's port when its handle is closed, one turn later. */
function closed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
