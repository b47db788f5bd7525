import process from 'node:process';
import type { DemoMesh } from './mesh.ts';
import type { Summary } from './record.ts';

const columns = ['', 'req/s', 'p50 ms', 'p95 ms', 'p99 ms'];

/** A table of services and, indented, their instances. `marks` are words behind an instance's row. */
export function table(rows: readonly Summary[], marks: ReadonlyMap<string, string> = new Map()): string {
  const cells = rows.map(({ name, perSecond, p50, p95, p99 }) => [
    name.includes('-') ? `  ${name}` : name,
    ...[perSecond, p50, p95, p99].map((each) => each.toFixed(1)),
    marks.get(name) ?? '',
  ]);
  const all = [[...columns, ''], ...cells];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What the sidecars of the callers say of ejected endpoints and open circuit breakers. */
export async function marksOf(mesh: DemoMesh, portOf: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const marks = new Map<string, string>();
  for (const caller of mesh.instances) {
    const [clusters, gauges] = await Promise.all([
      mesh.admin(caller, '/clusters'),
      mesh.admin(caller, '/stats?filter=circuit_breakers.*_open'),
    ]);
    for (const [, address] of clusters.matchAll(/::([\d.]+:\d+)::health_flags::.*failed_outlier_check/g)) {
      const name = portOf.get(address ?? '');
      if (name) marks.set(name, `ejected by ${[marks.get(name)?.slice(11), caller.name].filter(Boolean).join(', ')}`);
    }
    for (const [, cluster, which] of gauges.matchAll(/^cluster\.([a-z]+)\..*\.(\w+)_open: 1$/gm)) {
      if (cluster) marks.set(cluster, `breaker open: ${which}`);
    }
  }
  return marks;
}

/** Draws over what was drawn before, on a terminal. */
export function redraw(text: string): void {
  process.stdout.write(`\x1b[H${text.replaceAll('\n', '\x1b[K\n')}\x1b[J`);
}
