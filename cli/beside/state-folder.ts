import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where a sidecar keeps what it must find again when it is started anew. */
export interface StateFolder {
  readonly path: string;
  /** Removes it, unless it was given. */
  remove(): void;
}

/** The folder that was given, or one that lasts as long as we do: enough for a sidecar that dies and is started again. */
export function stateFolder(given: string | undefined): StateFolder {
  if (given !== undefined) return { path: given, remove: () => {} };
  const own = mkdtempSync(path.join(tmpdir(), 'aya-run-'));
  return { path: own, remove: () => rmSync(own, { recursive: true, force: true }) };
}
