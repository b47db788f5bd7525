import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseOptions as controlPlaneOptions } from '../../control-plane/assemble/options.ts';
import { parseOptions as sidecarOptions } from '../../sidecar/assemble/options.ts';

const deploy = path.resolve(import.meta.dirname, '../../deploy');

interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; value?: string }[];
}
interface Workload {
  kind: string;
  spec: { template: { spec: { containers: Container[]; initContainers?: Container[] } } };
}

const documents = <T>(file: string): T[] =>
  parseAllDocuments(readFileSync(path.join(deploy, file), 'utf8'), { merge: true }).map((each) => each.toJS() as T);

/** What is wrong with a command line of `aya`, the name of the command first. */
function problemsOf([command, ...flags]: readonly string[]): readonly string[] {
  if (command === 'sidecar') {
    const parsed = sidecarOptions(flags, {});
    return 'problems' in parsed ? parsed.problems : [];
  }
  assert.equal(command, 'control-plane');
  const parsed = controlPlaneOptions(flags, {});
  return parsed.ok ? [] : [parsed.message];
}

test('the compose example starts Aya with flags that exist', () => {
  const [compose] = documents<{ services: Record<string, { image: string; command: string }> }>('compose/compose.yaml');
  const ours = Object.values(compose?.services ?? {}).filter(({ image }) => image === 'aya');
  assert.equal(ours.length, 3);
  for (const { command } of ours) assert.deepEqual(problemsOf(command.trim().split(/\s+/)), [], command);
});

test('the Kubernetes examples start Aya with flags that exist', () => {
  const files = ['kubernetes/control-plane.yaml', 'kubernetes/service-with-sidecar.yaml'];
  const ours = files
    .flatMap((file) => documents<Workload>(file))
    .filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind))
    .flatMap(({ spec }) => [...spec.template.spec.containers, ...(spec.template.spec.initContainers ?? [])])
    .filter(({ image }) => image === 'aya');
  assert.equal(ours.length, 2);
  for (const { name, args = [] } of ours) {
    assert.deepEqual(problemsOf(args.map((each) => each.replace('$(POD_IP)', '10.0.0.1'))), [], name);
  }
});
