/**
 * `npm run build`: bundles what ships into `dist/`, since Node refuses `.ts` below node_modules and type-stripping costs
 * start time and memory. Two entries (the program, and the data-path worker thread); everything imported by `import()` becomes a
 * chunk of its own beside them, so that a sidecar never loads the HTTP framework or the store of a control plane.
 *
 * All files of the bundle lie flat in one folder: a module finds the worker as `./worker.mjs` next to itself, and the
 * package root one folder up, whichever chunk it ended up in.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild, type Metafile } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Libraries from CommonJS still call `require` for Node's own modules; an ES module has none of its own. */
const requireForCommonJs = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);\n";

/** Replaces the bundle in `folder`. Returns what went where; throws, and leaves the old bundle, when the sources do not build. */
export async function build(folder = path.join(root, 'dist')): Promise<Metafile> {
  const result = await esbuild({
    absWorkingDir: root,
    entryPoints: { main: 'cli/main.ts', worker: 'sidecar/worker/entry.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    plugins: [lazyBuiltins],
    // Names stay whole: a stack trace from production should be readable without a source map.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
    write: false,
  });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { path: file, text } of result.outputFiles) {
    writeFileSync(file, /\b(__)?require\b/.test(text) ? requireForCommonJs + text : text);
  }
  return result.metafile;
}

/** Everything that loads at once when `output` (a path as in the metafile) is imported. */
export function eagerly(metafile: Metafile, output: string, seen = new Set<string>()): Set<string> {
  if (seen.has(output)) return seen;
  seen.add(output);
  for (const each of metafile.outputs[output]?.imports ?? []) {
    if (each.kind === 'import-statement' && !each.external) eagerly(metafile, each.path, seen);
  }
  return seen;
}

if (import.meta.main) {
  const metafile = await build();
  for (const [file, { bytes }] of Object.entries(metafile.outputs).sort((a, b) => b[1].bytes - a[1].bytes)) {
    if (bytes >= 10_000 || /\/(main|worker)\.mjs$/.test(file)) {
      console.log(`${(bytes / 1024).toFixed(0).padStart(6)} KiB  ${file}`);
    }
  }
}
