import { isBuiltin } from 'node:module';
import process from 'node:process';
import type { Plugin } from 'esbuild';

/** Used by few configurations, or when something goes wrong: they are loaded when a function of theirs is called. */
const rarelyCalled = new Set(['assert', 'crypto', 'dns/promises', 'os', 'v8']);

/**
 * Takes Node's own modules by `process.getBuiltinModule` instead of an import statement. The statement reads every property of the
 * module, used or not, and some of them are getters that load more: `fs.promises` the line editor, `http.WebSocket` a whole HTTP client.
 * A sidecar is 2 MiB smaller without. Libraries from CommonJS get them the same way, since an ES module has no `require`.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path: name, kind }) => {
      if (!isBuiltin(name)) return undefined;
      if (kind === 'import-statement') return { path: name, namespace: 'builtin', sideEffects: false };
      return kind === 'require-call' ? { path: name, namespace: 'required-builtin' } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path: name }) => ({ contents: moduleOf(name) }));
    build.onLoad({ filter: /.*/, namespace: 'required-builtin' }, ({ path: name }) => ({ contents: requiredOf(name) }));
  },
};

const taken = (name: string): string => `process.getBuiltinModule('${name}')`;
const isRarelyCalled = (name: string): boolean => rarelyCalled.has(name.replace('node:', ''));

/** Its properties, and whether each is a function to be called: classes, which are not, have capitals. */
function propertiesOf(name: string): { readonly property: string; readonly called: boolean }[] {
  const all = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(name) as object));
  return all
    .filter(([property]) => /^[\w$]+$/.test(property) && property !== 'default')
    .map(([property, { value }]) => ({ property, called: /^[a-z]/.test(property) && typeof value === 'function' }));
}

/** What is not used of it is left out of the bundle: every property is read by an expression that is said to have no effect. */
function moduleOf(name: string): string {
  const all = propertiesOf(name);
  const expression = ({ property, called }: (typeof all)[number]): string =>
    called && isRarelyCalled(name)
      ? `(...given) => ${taken(name)}.${property}(...given)`
      : `/* @__PURE__ */ (() => all.${property})()`;
  return [
    `const all = /* @__PURE__ */ ${taken(name)};`,
    'export default all;',
    ...all.map((each, at) => `const _${at} = ${expression(each)};`),
    `export { ${all.map(({ property }, at) => `_${at} as ${property}`).join(', ')} };`,
  ].join('\n');
}

/** As `require` gives it. */
function requiredOf(name: string): string {
  if (!isRarelyCalled(name)) return `module.exports = ${taken(name)};`;
  const properties = propertiesOf(name).map(({ property, called }) =>
    called
      ? `${property}: { value: (...given) => ${taken(name)}.${property}(...given) }`
      : `${property}: { get: () => ${taken(name)}.${property} }`,
  );
  // One of them is a function itself.
  const own = `(...given) => ${taken(name)}(...given)`;
  return `module.exports = Object.defineProperties(${own}, { ${properties.join(', ')} });`;
}
