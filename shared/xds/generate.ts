/**
 * `npm run generate`: makes messages.gen.ts and schema.gen.ts from proto/. Run it after any change there; a test fails
 * when the committed files are older. Needs the devDependency @grpc/grpc-js-xds, for the names of what is left out.
 */
import { existsSync, globSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Protos, readProtos } from './generate/descriptors.ts';
import { messagesSource, schemaSource } from './generate/typescript.ts';

const home = path.join(import.meta.dirname, '../..');
const ours = path.join(home, 'proto');
const envoys = [
  ...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((each) => `grpc-js-xds/deps/${each}`),
  'grpc-js/proto/xds',
].map((each) => path.join(home, 'node_modules/@grpc', each));

/** Our protos. */
export function readOurs(): Protos {
  return readProtos(globSync('**/*.proto', { cwd: ours }).sort(), [ours]);
}

/** The same files, complete, as the package carries them. */
export function readEnvoys(): Protos {
  const files = globSync('{envoy,google,xds}/**/*.proto', { cwd: ours }).sort();
  const missing = files.filter((file) => !envoys.some((directory) => existsSync(path.join(directory, file))));
  if (missing.length > 0) throw new Error(`not among Envoy's protos: ${missing.join(', ')}`);
  return readProtos(files, envoys);
}

/** Generated files by path. */
export function generate(): Map<string, string> {
  const schema = readOurs();
  const whole = readEnvoys();
  const leftOut: Record<string, Record<number, string>> = {};
  for (const [name, rows] of Object.entries(schema.messages)) {
    const kept = new Set(rows.map(([number]) => number));
    const left = (whole.messages[name] ?? []).filter(([number]) => !kept.has(number));
    if (left.length > 0) leftOut[name] = Object.fromEntries(left.map(([number, field]) => [number, field]));
  }
  return new Map([
    [path.join(import.meta.dirname, 'messages.gen.ts'), messagesSource(schema)],
    [path.join(import.meta.dirname, 'schema.gen.ts'), schemaSource(schema, leftOut)],
  ]);
}

if (import.meta.main) {
  for (const [file, text] of generate()) {
    writeFileSync(file, text);
    console.log(`wrote ${path.relative(home, file)}`);
  }
}
