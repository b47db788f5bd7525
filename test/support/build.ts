/**
 * `npm run build`: bundles what ships into `dist/`, since Node refuses `.ts` below node_modules and type-stripping costs
 * start time and memory. Three bundles: the program, the sidecar, and its data-path worker thread. What a bundle imports by `import()`
 * becomes a file of its own beside it, so that a sidecar never loads the HTTP framework or the store of a control plane.
 *
 * A sidecar loads few files: Node's loader goes through the path of each by the character, and a dozen of them are enough to bring
 * an optimizing compiler into memory. So sidecar and worker share no files with the rest, and what a bundle loads at once and again
 * with `import()` lies in one file instead of one for each combination (see `hubs`).
 *
 * All files of the bundles lie flat in one folder: a module finds the worker as `./worker.mjs` next to itself, and the
 * package root one folder up, whichever file it ended up in.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild, type Metafile, type OutputFile, type Plugin } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** By the name of their file. */
const entries: Readonly<Record<string, string>> = {
  main: 'cli/main.ts',
  sidecar: 'sidecar/main.ts',
  worker: 'sidecar/worker/entry.ts',
};

/**
 * By bundle: the module that is there whenever one of its `import()`s is asked for. Each of them is made to import it, so that esbuild,
 * which makes one file for each set of files that need the same modules, finds one such set.
 */
const hubs: Readonly<Record<string, string>> = { main: 'cli/dispatch.ts', sidecar: 'sidecar/main.ts' };

/** Replaces the bundles in `folder`. Returns what went where; throws, and leaves the old ones, when the sources do not build. */
export async function build(folder = path.join(root, 'dist')): Promise<Metafile> {
  const results = await Promise.all(Object.keys(entries).map((name) => bundle(name, folder)));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { path: file, text } of results.flatMap((each) => each.files)) writeFileSync(file, text);
  return {
    inputs: Object.assign({}, ...results.map(({ metafile }) => metafile.inputs)),
    outputs: Object.assign({}, ...results.map(({ metafile }) => metafile.outputs)),
  };
}

async function bundle(name: string, folder: string): Promise<{ files: OutputFile[]; metafile: Metafile }> {
  const [entry, hub] = [entries[name] ?? '', hubs[name]];
  const { outputFiles, metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints: { [name]: entry },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    plugins: [lazyBuiltins, othersApart(entry), ...(hub === undefined ? [] : [importing(path.join(root, hub))])],
    // Only cli/main.ts is started: a sidecar that waited for its own end would not get what it imports meanwhile.
    define: name === 'main' ? {} : { 'import.meta.main': 'false' },
    // Names stay whole: a stack trace from production should be readable without a source map.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
    write: false,
  });
  return { files: outputFiles, metafile };
}

/** The entries of other bundles are imported from their files. */
function othersApart(own: string): Plugin {
  const files = new Map(Object.entries(entries).map(([name, entry]) => [path.join(root, entry), `./${name}.mjs`]));
  files.delete(path.join(root, own));
  return {
    name: 'others-apart',
    setup(build) {
      build.onResolve({ filter: /\/(main|entry)\.ts$/ }, ({ path: name, resolveDir }) => {
        const file = files.get(path.resolve(resolveDir, name));
        return file === undefined ? undefined : { path: file, external: true };
      });
    },
  };
}

/** Modules of ours that are imported by `import()` import `hub`, too. */
function importing(hub: string): Plugin {
  const later = new Set<string>();
  return {
    name: 'importing',
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path: name, kind, resolveDir }) => {
        if (kind === 'dynamic-import') later.add(path.resolve(resolveDir, name));
        return undefined;
      });
      build.onLoad({ filter: /\.ts$/ }, ({ path: file }) =>
        later.has(file) && file !== hub
          ? { contents: `${readFileSync(file, 'utf8')}\nimport ${JSON.stringify(hub)};`, loader: 'ts' }
          : undefined,
      );
    },
  };
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
    if (bytes >= 10_000 || /\/(main|sidecar|worker)\.mjs$/.test(file)) {
      console.log(`${(bytes / 1024).toFixed(0).padStart(6)} KiB  ${file}`);
    }
  }
}
