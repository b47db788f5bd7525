import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generate, readEnvoys, readOurs } from '../../../shared/xds/generate.ts';
import type { Schema } from '../../../shared/xds/schema.ts';

const ours = readOurs();
const envoys = readEnvoys();
const shared = (name: string): boolean => !/^(aya|grpc)\./.test(name);

/** Everything that both have must be the same in Envoy's own protos; what only they have does not matter. */
function differences(): string[] {
  const wrong: string[] = [];
  for (const [name, rows] of Object.entries(ours.messages).filter(([each]) => shared(each))) {
    const theirs = new Map(envoys.messages[name]?.map((row) => [row[1], row]));
    if (!envoys.messages[name]) wrong.push(`message ${name}`);
    for (const row of rows) {
      if (JSON.stringify(theirs.get(row[1])) !== JSON.stringify(row)) wrong.push(`${name}.${row[1]}`);
    }
  }
  for (const [name, values] of Object.entries(ours.enums).filter(([each]) => shared(each))) {
    for (const [value, number] of Object.entries(values)) {
      if (envoys.enums[name]?.[value] !== number) wrong.push(`${name}.${value}`);
    }
    // A value that we lack would be refused as unknown; none may be forgotten.
    for (const value of Object.keys(envoys.enums[name] ?? {})) if (!(value in values)) wrong.push(`${name}.${value}`);
  }
  for (const [name, methods] of Object.entries(ours.services).filter(([each]) => shared(each))) {
    assert.deepEqual(methods, envoys.services[name], name);
  }
  return wrong;
}

test('every message, field, enum value and method of proto/envoy is as Envoy has it', () => {
  assert.deepEqual(differences(), []);
  assert.ok(Object.keys(ours.messages).length > 150);
});

test('every type that a field names is in proto/', () => {
  const missing = typesOf(ours).filter((type) => !(type in ours.messages) && !(type in ours.enums));
  assert.deepEqual(missing, []);
});

test('the generated files are what `npm run generate` makes of proto/', () => {
  for (const [file, text] of generate()) {
    assert.ok(readFileSync(file, 'utf8') === text, `${file} is older than proto/: run npm run generate`);
  }
});

function typesOf(schema: Schema): string[] {
  const rows = Object.values(schema.messages).flat();
  return rows.filter(([, , type]) => type.startsWith('.')).map(([, , type]) => type.slice(1));
}
