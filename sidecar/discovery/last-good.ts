import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../../shared/log/log.ts';
import type { Cancel, Clock } from '../../shared/time/clock.ts';
import type { Kept } from './session.ts';

/** The first word of the file; the number rises with its format. */
const magic = 'aya-last-good-1';
/** At most one write in this time, ms. */
const interval = 1_000;

interface Content {
  readonly node: string;
  readonly resources: readonly (Omit<Kept, 'bytes'> & { readonly bytes: string })[];
}

/**
 * The last configuration that was taken, in one file, so that a sidecar that restarts while no control plane answers
 * still serves (decision D31). First a line with a checksum, then JSON with the wire bytes in base64.
 */
export class LastGood {
  readonly #file: string;
  readonly #node: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #due: (() => readonly Kept[]) | undefined;
  #cancel: Cancel | undefined;
  #writing: Promise<void> | undefined;
  #written = '';

  /** In `folder`, which is made when missing. What another `node` wrote does not count. */
  constructor(folder: string, node: string, clock: Clock, log: Log) {
    this.#file = path.join(folder, 'last-good');
    this.#node = node;
    this.#clock = clock;
    this.#log = log;
  }

  /** What was kept; empty when there is nothing, or nothing that can be trusted. */
  async load(): Promise<Kept[]> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if (!isMissing(error))
        this.#log.warn({ file: this.#file, error: String(error) }, 'cannot read the last good configuration');
      return [];
    }
    const content = parse(text);
    if (typeof content === 'string' || content.node !== this.#node) {
      const reason = typeof content === 'string' ? content : `it is of node "${content.node}"`;
      this.#log.warn({ file: this.#file, reason }, 'the last good configuration is ignored');
      return [];
    }
    return content.resources.map((each) => ({ ...each, bytes: Buffer.from(each.bytes, 'base64') }));
  }

  /** Something changed: writes what `resources` answers, soon. */
  save(resources: () => readonly Kept[]): void {
    this.#due = resources;
    this.#cancel ??= this.#clock.after(interval, () => void this.#write());
  }

  /** Writes what is due at once; for the end of the process. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#write();
  }

  async #write(): Promise<void> {
    await this.#writing;
    this.#cancel = undefined;
    const due = this.#due;
    this.#due = undefined;
    if (!due) return;
    this.#writing = this.#store(format({ node: this.#node, resources: due().map(toText) })).finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** Either the old content or the new one is there, whatever happens meanwhile. */
  async #store(text: string): Promise<void> {
    if (text === this.#written) return;
    const fresh = `${this.#file}.new`;
    try {
      // The asynchronous mkdir has been seen not to end when a file stands in the way.
      mkdirSync(path.dirname(this.#file), { recursive: true });
      const handle = await open(fresh, 'w', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(fresh, this.#file);
      this.#written = text;
    } catch (error) {
      this.#log.warn({ file: this.#file, error: String(error) }, 'cannot keep the last good configuration');
    }
  }
}

const toText = ({ bytes, ...rest }: Kept): Content['resources'][number] => ({
  ...rest,
  bytes: bytes.toString('base64'),
});
const checksum = (text: string): string => createHash('sha256').update(text).digest('hex');

function format(content: Content): string {
  const body = JSON.stringify(content);
  return `${magic} ${checksum(body)}\n${body}`;
}

/** The content, or why it does not count. */
function parse(text: string): Content | string {
  const end = text.indexOf('\n');
  const [word, sum] = text.slice(0, end).split(' ');
  const body = text.slice(end + 1);
  if (word !== magic) return 'it has another format';
  if (sum !== checksum(body)) return 'it is damaged';
  return JSON.parse(body) as Content;
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
