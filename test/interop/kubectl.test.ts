import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isObject } from '../../control-plane/model/schema.ts';
import { type RunningApi, startApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';

/** The real kubectl, as found in PATH, against a real API. Nothing is switched off: validation is the server's. */
const missing = spawnSync('kubectl', ['version', '--client']).status !== 0;
/** Minor version: what some flags need. */
const minor = Number(
  /v1\.(\d+)/.exec(spawnSync('kubectl', ['version', '--client']).stdout?.toString() ?? '')?.[1] ?? 0,
);
const skip = missing ? 'kubectl is not installed (Debian: kubernetes-client)' : false;

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

describe('kubectl', { skip }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'aya-kubectl-'));
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: path.join(folder, 'none') };
  const children = new Set<ChildProcess>();
  let running: RunningApi;

  before(async () => {
    running = await startApi();
  });
  after(async () => {
    for (const child of children) child.kill();
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: string[], input = '', more: Record<string, string> = {}) {
    const child = spawn('kubectl', ['-s', running.url, '-n', 'shop', ...args], { env: { ...env, ...more } });
    children.add(child);
    const ran: Ran = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk.toString()));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const done = new Promise<Ran>((resolve) => {
      child.on('close', (code) => {
        children.delete(child);
        ran.code = code;
        resolve(ran);
      });
    });
    return { child, ran, done };
  }

  /** Runs kubectl and expects success. */
  async function kubectl(args: string, input = '', more: Record<string, string> = {}): Promise<string> {
    const { code, out, err } = await start(args.split(' '), input, more).done;
    assert.equal(code, 0, `kubectl ${args}: ${err}`);
    return out;
  }

  /** Runs kubectl and expects failure; returns what it says. */
  async function refused(args: string, input = ''): Promise<string> {
    const { code, out, err } = await start(args.split(' '), input).done;
    assert.notEqual(code, 0, `kubectl ${args} succeeded: ${out}`);
    return err;
  }

  const get = async (what: string) => JSON.parse(await kubectl(`get ${what} -o json`));

  /** No directive of a patch may end up in an object. */
  async function assertClean(): Promise<void> {
    const look = (value: unknown, where: string): void => {
      if (Array.isArray(value)) for (const [index, each] of value.entries()) look(each, `${where}[${index}]`);
      if (!isObject(value)) return;
      for (const [name, each] of Object.entries(value)) {
        assert.ok(!name.startsWith('$'), `${where} holds ${name}`);
        look(each, `${where}.${name}`);
      }
    };
    for (const entry of (await running.store.list('')).entries) look(JSON.parse(entry.value), entry.key);
  }

  /** Block YAML at the top: kubectl takes a document that begins with a brace for JSON. */
  const document = (apiVersion: string, kind: string, metadata: string, rest: string) =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {namespace: shop, ${metadata}}\n${rest}\n`;
  const service = (name: string, ports: string) =>
    document('v1', 'Service', `name: ${name}`, `spec: {ports: [${ports}]}`);
  const policy = (name: string, spec: string, target = name) =>
    document(
      'aya.dev/v1alpha1',
      'TrafficPolicy',
      `name: ${name}`,
      `spec: {targetRefs: [{group: "", kind: Service, name: ${target}}], ${spec}}`,
    );

  test('applies a changed Service port, and the old one is gone', async () => {
    assert.match(
      await kubectl('apply -f -', service('cart', '{name: http, port: 80}, {name: grpc, port: 50051}')),
      /created/,
    );
    assert.match(
      await kubectl('apply -f -', service('cart', '{name: http, port: 80}, {name: grpc, port: 50051}')),
      /unchanged/,
    );
    assert.match(
      await kubectl('apply -f -', service('cart', '{name: http, port: 8080}, {name: grpc, port: 50051}')),
      /configured/,
    );
    const { spec, metadata } = await get('service cart');
    assert.deepEqual(
      spec.ports.map((port: { port: number }) => port.port),
      [8080, 50051],
    );
    assert.equal(metadata.generation, 2);
    await assertClean();
  });

  test('applies an EndpointSlice twice; its lists are replaced whole', async () => {
    const slice = (endpoints: string) =>
      document(
        'discovery.k8s.io/v1',
        'EndpointSlice',
        'name: cart-1, labels: {kubernetes.io/service-name: cart}',
        `addressType: IPv4\nendpoints: [${endpoints}]\nports: [{name: http, port: 8080}]`,
      );
    await kubectl('apply -f -', slice('{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}'));
    await kubectl('apply -f -', slice('{addresses: [10.0.0.3]}'));
    const { endpoints } = await get('endpointslice cart-1');
    assert.deepEqual(
      endpoints.map((each: { addresses: string[] }) => each.addresses),
      [['10.0.0.3']],
    );
    await assertClean();
  });

  test('applies, shows, patches and deletes a GRPCRoute', async () => {
    const route = (method: string) =>
      document(
        'gateway.networking.k8s.io/v1',
        'GRPCRoute',
        'name: cart',
        `spec:
  parentRefs: [{group: "", kind: Service, name: cart}]
  rules: [{matches: [{method: {service: shop.Cart, method: ${method}}}], backendRefs: [{name: cart, port: 50051}]}]`,
      );
    assert.match(await kubectl('apply -f -', route('Add')), /grpcroute.gateway.networking.k8s.io\/cart created/);
    // Defaults within lists make kubectl send a patch; nothing changes by it.
    await kubectl('apply -f -', route('Add'));
    assert.equal((await get('grpcroute cart')).metadata.generation, 1);
    assert.match(await kubectl('apply -f -', route('Remove')), /configured/);
    assert.equal((await get('grpcroute cart')).spec.rules[0].matches[0].method.method, 'Remove');
    assert.match(await kubectl('get grpcroutes'), /^NAME +PARENTS +BACKENDS +ACCEPTED[^\n]*\ncart +cart +cart:50051 /);
    assert.match(
      await refused('apply -f -', route('A/B')),
      /spec\.rules\[0\]\.matches\[0\]\.method\.method: .*name of a gRPC method/,
    );
    await kubectl('delete grpcroute cart');
  });

  test('patches a Service: strategic by default, merge and JSON by type', async () => {
    const patch = async (...args: string[]) => {
      const { code, err } = await start(['patch', 'service', 'cart', ...args]).done;
      assert.equal(code, 0, err);
      return (await get('service cart')).spec.ports.map(
        (each: { name: string; port: number }) => `${each.name}:${each.port}`,
      );
    };
    assert.deepEqual(await patch('-p', '{"spec":{"ports":[{"port":8080,"name":"web"}]}}'), ['web:8080', 'grpc:50051']);
    assert.deepEqual(await patch('-p', '{"spec":{"ports":[{"$patch":"delete","port":50051}]}}'), ['web:8080']);
    assert.deepEqual(await patch('--type=merge', '-p', '{"spec":{"ports":[{"name":"a","port":1}]}}'), ['a:1']);
    assert.deepEqual(
      await patch('--type=json', '-p', '[{"op":"add","path":"/spec/ports/-","value":{"name":"b","port":2}}]'),
      ['a:1', 'b:2'],
    );
    await assertClean();
  });

  test('patches a policy by merge, and says why not strategically', async () => {
    await kubectl('apply -f -', policy('cart', 'retry: {attempts: 2, on: [connect-failure]}'));
    const done = await start([
      'patch',
      'trafficpolicy',
      'cart',
      '--type=merge',
      '-p',
      '{"spec":{"retry":{"attempts":3}}}',
    ]).done;
    assert.equal(done.code, 0, done.err);
    assert.deepEqual((await get('tp cart')).spec.retry.on, ['connect-failure']);
    assert.equal((await get('tp cart')).spec.retry.attempts, 3);
    const strategic = await start(['patch', 'trafficpolicy', 'cart', '-p', '{"spec":{}}']).done;
    assert.notEqual(strategic.code, 0);
    assert.match(strategic.err, /--type=merge/);
  });

  test('keeps `on` of a retry, which YAML 1.1 reads as true, through apply, removal and edit', async () => {
    await kubectl('apply -f -', policy('cart', 'retry: {attempts: 2, on: [reset, 5xx]}'));
    assert.deepEqual((await get('tp cart')).spec.retry.on, ['reset', '5xx']);
    await kubectl('apply -f -', policy('cart', 'retry: {attempts: 2}'));
    assert.deepEqual((await get('tp cart')).spec.retry.on, ['connect-failure', 'refused-stream', 'reset']);
    await kubectl('apply -f -', policy('cart', 'retry: {attempts: 2, "on": [5xx]}'));
    const KUBE_EDITOR = 'sed -i s/5xx/gateway-error/';
    await kubectl('edit tp cart', '', { KUBE_EDITOR });
    assert.deepEqual((await get('tp cart')).spec.retry.on, ['gateway-error']);
  });

  test('edits a Service and a policy', async () => {
    await kubectl('delete service cart');
    await kubectl('apply -f -', service('cart', '{name: http, port: 80}'));
    await kubectl('edit service cart', '', { KUBE_EDITOR: 'sed -i -e s/port:.80/port:\\ 81/' });
    assert.deepEqual(
      (await get('service cart')).spec.ports.map((each: { port: number }) => each.port),
      [81],
    );
    await kubectl('edit tp cart', '', { KUBE_EDITOR: 'sed -i -e s/attempts:.2/attempts:\\ 4/' });
    assert.equal((await get('tp cart')).spec.retry.attempts, 4);
    await assertClean();
  });

  test('labels and annotates without a new generation', async () => {
    const before = (await get('tp cart')).metadata.generation;
    await kubectl('label tp cart team=checkout');
    await kubectl('annotate tp cart example.com/why=because');
    await kubectl('annotate service cart example.com/why=because');
    const { metadata } = await get('tp cart');
    assert.equal(metadata.labels.team, 'checkout');
    assert.equal(metadata.annotations['example.com/why'], 'because');
    assert.equal(metadata.generation, before);
    assert.match(await kubectl('get tp -l team=checkout -o name'), /trafficpolicy.aya.dev\/cart/);
    assert.equal(await kubectl('get tp -l team!=checkout -o name'), '');
    await kubectl('label tp cart team-');
    assert.equal((await get('tp cart')).metadata.labels, undefined);
  });

  test('gets objects as yaml, json, name and across namespaces', async () => {
    assert.match(await kubectl('get service cart -o yaml'), /^apiVersion: v1\nkind: Service\n/m);
    assert.equal(await kubectl('get svc,tp -o name'), 'service/cart\ntrafficpolicy.aya.dev/cart\n');
    assert.match(await kubectl('get service -A'), /^NAMESPACE +NAME +PORTS +AGE\nshop +cart +81\/http +\d+s\n/);
    assert.match(
      await kubectl('get tp cart'),
      /^NAME +TARGETS +ACCEPTED +APPLIED +AGE\ncart +cart +True +<none> +\d+s\n/,
    );
    assert.match(await kubectl('get tp -o wide'), /SETS +AGE\ncart .*retry/);
    assert.match(await kubectl('get namespaces -o name'), /namespace\/shop/);
    assert.match(await kubectl('get aya -o name'), /endpointslice.discovery.k8s.io\/cart-1/);
    assert.equal(await kubectl('get tp cart -o jsonpath={.spec.retry.attempts}'), '4');
    assert.match(await kubectl('describe tp cart'), /Attempts: +4/);
    assert.match(await refused('get tp nothing'), /trafficpolicies.aya.dev "nothing" not found/);
    assert.match(await kubectl('api-resources'), /faultpolicies +fp +aya.dev\/v1alpha1 +true +FaultPolicy/);
  });

  test('watches', async () => {
    const watch = start(['get', 'service', '-w', '-o', 'jsonpath={.metadata.name}={.spec.ports[*].port}{"\\n"}']);
    await eventually(() => watch.ran.out.includes('cart=81'), 10_000);
    await kubectl('apply -f -', service('web', '{port: 80}'));
    await kubectl('apply -f -', service('web', '{port: 90}'));
    await eventually(() => watch.ran.out.includes('web=80\nweb=90\n'), 10_000);
    watch.child.kill();
    await watch.done;
    const table = start(['get', 'service', '-w']);
    await eventually(() => /^NAME +PORTS +AGE\n/.test(table.ran.out), 10_000);
    await kubectl('label service web seen=yes');
    await eventually(() => table.ran.out.match(/^web +90\/TCP/gm)?.length === 2, 10_000);
    table.child.kill();
    await table.done;
  });

  test('waits for conditions, values and deletion', async () => {
    assert.match(await kubectl('wait tp/cart --for=condition=Accepted --timeout=10s'), /condition met/);
    const waiting = start('wait tp/cart --for=condition=ResolvedRefs=false --timeout=20s'.split(' '));
    await kubectl('delete service cart');
    assert.equal((await waiting.done).code, 0, waiting.ran.err);
    if (minor >= 23) {
      const value = start(['wait', 'tp/cart', '--for=jsonpath={.spec.retry.attempts}=5', '--timeout=20s']);
      await start(['patch', 'tp', 'cart', '--type=merge', '-p', '{"spec":{"retry":{"attempts":5}}}']).done;
      assert.equal((await value.done).code, 0, value.ran.err);
    }
    // Held by a finalizer, so that kubectl is certainly waiting when the object goes.
    const finalizers = (value: string[] | null) => JSON.stringify({ metadata: { finalizers: value } });
    const patch = (value: string[] | null) =>
      start(['patch', 'tp', 'cart', '--type=merge', '-p', finalizers(value)]).done;
    assert.equal((await patch(['example.com/hold'])).code, 0);
    const deleting = start(['delete', 'tp', 'cart']);
    await eventually(async () => (await get('tp cart')).metadata.deletionTimestamp !== undefined, 10_000);
    assert.equal(deleting.ran.code, null);
    assert.equal((await patch(null)).code, 0);
    assert.equal((await deleting.done).code, 0, deleting.ran.err);
    assert.match(await refused('get tp cart'), /not found/);
  });

  test('shows a difference without storing anything', async () => {
    await kubectl('apply -f -', service('cart', '{port: 80}'));
    const before = (await get('service cart')).metadata.resourceVersion;
    const changed = await start(['diff', '-f', '-'], service('cart', '{port: 82}')).done;
    assert.equal(changed.code, 1, changed.err);
    assert.match(changed.out, /^-.*port: 80\n/m);
    assert.match(changed.out, /^\+.*port: 82\n/m);
    assert.equal((await start(['diff', '-f', '-'], service('cart', '{port: 80}')).done).code, 0);
    await kubectl('apply --dry-run=server -f -', service('dry', '{port: 80}'));
    assert.match(await refused('get service dry'), /not found/);
    assert.equal((await get('service cart')).metadata.resourceVersion, before);
  });

  test('creates, replaces, and says what is wrong with both', async () => {
    await kubectl('create -f -', service('made', '{port: 80}'));
    assert.match(await refused('create -f -', service('made', '{port: 80}')), /AlreadyExists/);
    await kubectl('replace -f -', service('made', '{port: 81}'));
    assert.equal((await get('service made')).spec.ports[0].port, 81);
    await kubectl('replace --force -f -', service('made', '{port: 82}'));
    assert.match(await refused('replace -f -', service('unmade', '{port: 81}')), /not found/);
    const stale = JSON.stringify({
      ...(await get('service made')),
      metadata: { name: 'made', namespace: 'shop', resourceVersion: '1' },
    });
    writeFileSync(path.join(folder, 'stale.json'), stale);
    assert.match(await refused(`replace -f ${path.join(folder, 'stale.json')}`), /the object has been modified/);
  });

  test('names the wrong field, with what was meant', async () => {
    assert.match(
      await refused('apply -f -', policy('cart', 'retry: {attemps: 2}')),
      /spec.retry.attemps: unknown field; did you mean "attempts"\?/,
    );
    assert.match(
      await refused('apply -f -', policy('cart', 'healthCheck: {interval: 5s}')),
      /spec.healthCheck: must have exactly one of http, tcp and grpc/,
    );
    assert.match(
      await refused('apply -f -', service('bad', '{port: 70000}')),
      /spec.ports\[0\].port: must be at most 65535; got 70000/,
    );
    // `--validate` takes words since 1.25; before, it was kubectl's own business.
    if (minor < 25) return;
    const warned = await start(['apply', '--validate=warn', '-f', '-'], policy('cart', 'retry: {attemps: 2}')).done;
    assert.equal(warned.code, 0, warned.err);
    assert.match(warned.err, /Warning: spec.retry.attemps: unknown field/);
  });

  test('refuses a second policy for a Service, and names both documents', async () => {
    await kubectl('apply -f -', policy('cart', 'timeouts: {request: 2s}'));
    const other = policy('cart-too', 'timeouts: {request: 1s}', 'cart');
    const said = await refused('apply -f -', other);
    assert.match(said, /TrafficPolicy shop\/cart-too and TrafficPolicy shop\/cart both target Service shop\/cart/);
  });

  test('is told clearly what is not there: explain, server-side apply, namespaces, protobuf', async () => {
    assert.doesNotMatch(await refused('explain trafficpolicy'), /panic|InternalError/);
    assert.match(
      await refused('apply --server-side -f -', service('cart', '{port: 80}')),
      /server-side apply is not supported/,
    );
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: extra}\n';
    assert.match(await refused('create -f -', namespace), /namespaces exist by themselves/);
    const typed = await start('create service clusterip typed --tcp=80:8080'.split(' ')).done;
    if (typed.code === 0) await kubectl('delete service typed');
    else assert.match(typed.err, /protobuf.*create -f/);
  });

  test('deletes what a file names, a selection, and everything', async () => {
    const both = `${service('one', '{port: 80}')}\n---\n${policy('one', 'timeouts: {request: 1s}')}`;
    await kubectl('apply -f -', both);
    assert.match(await kubectl('delete -f -', both), /service "one" deleted[\s\S]*trafficpolicy.aya.dev "one" deleted/);
    await kubectl('label service made throw=away');
    assert.match(await kubectl('delete service -l throw=away'), /"made" deleted/);
    await kubectl('delete services,tp,endpointslices --all');
    assert.equal(await kubectl('get aya -o name'), '');
    assert.deepEqual((await running.store.list('')).entries, []);
  });
});
