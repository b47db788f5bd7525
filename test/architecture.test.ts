import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

/** The drawing of the house: within each list a folder may import only itself and what stands to its right. */
const order = {
  sidecar: `main assemble admin discovery plan worker runtime listener l4 http filter route cluster upstream codec
    telemetry core`,
  'control-plane': 'main assemble api discovery snapshot translate registry identity model store',
  shared: 'lifecycle rpc bus xds metrics log struct time',
};
/** What one plane may import of the others. `test` may import everything. */
const planes: Record<string, string[]> = {
  sidecar: ['shared'],
  'control-plane': ['shared'],
  shared: [],
  cli: ['shared', 'sidecar', 'control-plane'],
};
/** One door per library: the folders through which it enters. */
const doors: Record<string, string[]> = {
  '@grpc/grpc-js': ['shared/rpc'],
  '@grpc/proto-loader': ['shared/xds'],
  nats: ['shared/bus'],
  pino: ['shared/log'],
  'sonic-boom': ['shared/log'],
  opossum: ['sidecar/cluster/breaker'],
  undici: ['sidecar/cluster/health', 'sidecar/telemetry', 'cli'],
  fastify: ['control-plane/api'],
  yaml: ['shared/xds', 'shared/struct', 'cli'],
};
/** Only these may touch the clock, the dice, the environment and the end of the process. */
const reserved: [RegExp, RegExp][] = [
  [/\b(Date\.now|performance\.now|process\.hrtime|new Date\(\)|setTimeout|setInterval)\b/, /^shared\/time\//],
  [/\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b/, /^shared\/struct\/random(-hex)?\.ts$/],
  [/\bprocess\.env\b/, /^(sidecar|control-plane)\/assemble\/options\.ts$|^cli\/environment\.ts$/],
  [/\bprocess\.exit\b/, /^(sidecar|control-plane|cli)\/main\.ts$/],
];

const sources = globSync('{shared,sidecar,control-plane,cli}/**/*.ts').map((file) => ({
  file,
  text: readFileSync(file, 'utf8'),
}));
const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
const roomOf = (file: string): string => (file.split('/')[1] ?? '').replace(/\.ts$/, '');

test('imports go one way', () => {
  const wrong: string[] = [];
  for (const { file, text } of sources) {
    const plane = file.split('/')[0] ?? '';
    const list = (order as Record<string, string>)[plane]?.split(/\s+/);
    for (const name of importsOf(text).filter((each) => each.startsWith('.'))) {
      const target = path.join(path.dirname(file), name);
      const other = target.split('/')[0] ?? '';
      if (other !== plane) {
        if (!planes[plane]?.includes(other)) wrong.push(`${file} imports ${target}`);
      } else if (list) {
        const [from, to] = [list.indexOf(roomOf(file)), list.indexOf(roomOf(target))];
        if (from < 0 || to < 0) wrong.push(`${file} or ${target} is in no known room`);
        else if (to < from) wrong.push(`${file} imports ${target}: against the order`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('every library has its door', () => {
  const wrong: string[] = [];
  for (const { file, text } of sources) {
    for (const name of importsOf(text).filter((each) => !each.startsWith('.') && !each.startsWith('node:'))) {
      const library = name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? '');
      const allowed = doors[library];
      if (!allowed) wrong.push(`${file} imports ${library}, which has no door`);
      else if (!allowed.some((door) => file.startsWith(`${door}/`))) wrong.push(`${file} imports ${library}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('clocks, dice, the environment and the exit are in few hands', () => {
  const wrong = sources.flatMap(({ file, text }) =>
    reserved
      .filter(([use, home]) => use.test(text) && !home.test(file))
      .map(([use]) => `${file} uses ${use.exec(text)?.[0]}`),
  );
  assert.deepEqual(wrong, []);
});

test('files are small, and say no more than one thing', () => {
  const wrong = sources
    .filter(({ file }) => !/\.(data|gen)\.ts$/.test(file))
    .filter(({ text }) => text.split('\n').length > 301 || /^export (default|\*)|^(export )?enum /m.test(text))
    .map(({ file }) => file);
  assert.deepEqual(wrong, []);
});
