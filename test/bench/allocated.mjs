/**
 * Loaded into a sidecar by `--import .../allocated.mjs?FILE`: each data-path thread writes to FILE, five times a second, how many
 * bytes it has allocated on its heap since it began.
 */
import { writeFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));
if (!isMainThread) {
  setInterval(() => writeFileSync(file, String(getHeapStatistics().total_allocated_bytes)), 200).unref();
}
