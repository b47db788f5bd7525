/**
 * Loaded into a sidecar by `--import .../allocated.mjs?FILE`: each data-path thread writes to FILE, five times a second, how many
 * bytes it has allocated on its heap since it began.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));
if (!isMainThread) {
  // Whole or not at all: who reads it may come at any moment.
  setInterval(() => {
    writeFileSync(`${file}.new`, String(getHeapStatistics().total_allocated_bytes));
    renameSync(`${file}.new`, file);
  }, 200).unref();
}
