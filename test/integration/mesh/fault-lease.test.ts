import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { httpBackend } from '../../support/backend.ts';
import { eventually } from '../../support/eventually.ts';
import { describeFailures, Load, type Sample } from '../../support/load.ts';
import { ask, Mesh } from '../../support/mesh.ts';

const rounds = 10;
/** A fault is there, or gone, so soon after the command that asked for it, ms. */
const within = 1_000;

const withoutKubectl = spawnSync('kubectl', ['version', '--client']).status !== 0;

const fault = (status: number, lease: string, percent = 100, more = ''): string => `
apiVersion: aya.dev/v1alpha1
kind: FaultPolicy
metadata: {name: broken-cart}
spec:
  targetRefs: [{group: "", kind: Service, name: cart}]
  faults: {abort: {percent: ${percent}, httpStatus: ${status}}${more}}
  lease: ${lease}
`;

/** On the way to the endpoint and back. */
const onTheWay = `,
    connection: {percent: 20, failure: ResetBeforeHead},
    response: {percent: 100, slowClose: 20ms, headers: {set: [{name: x-spoiled, value: "1"}]}}`;

const spread = (all: readonly number[]): string => {
  const sorted = all.toSorted((left, right) => left - right);
  return `median ${sorted[Math.floor(sorted.length / 2)]} ms, most ${sorted.at(-1)} ms`;
};

test('a fault is where it was asked for within a second, and ends by itself', async (t) => {
  const mesh = await Mesh.for(t);
  const data = path.join(mesh.folder, 'web-state');
  const backend = await httpBackend(t);
  const startWeb = () => mesh.sidecar('web', null, { flags: ['--data', data] });
  let [web] = await Promise.all([startWeb(), mesh.sidecar('cart', backend.port)]);
  await mesh.endpoints('cart', 1);
  let load = new Load({ port: web.port('outbound'), perSecond: 50, host: 'cart' });
  t.after(() => load.stop());
  const hit = (status: number, from: number): Sample[] =>
    load.between(from, Number.POSITIVE_INFINITY).filter(({ result }) => result.status === status);
  const passed = (from: number): Sample[] => hit(200, from);
  await eventually(() => passed(0).length > 10);

  const commands = {
    aya: (args: string[], input?: string) => mesh.aya(args, input),
    kubectl: (args: string[], input?: string) => mesh.kubectl(args, input),
  };
  for (const [index, by] of (['aya', 'kubectl'] as const).entries()) {
    const skip = by === 'kubectl' && withoutKubectl ? 'kubectl is not installed (Debian: kubernetes-client)' : false;
    // Together ten, whether kubectl is here or not.
    const count = by === 'aya' && withoutKubectl ? rounds : rounds / 2;
    await t.test(`${by} apply and delete, ${count} times in a row`, { skip }, async (t) => {
      const [seenAfter, goneAfter]: [number[], number[]] = [[], []];
      for (let round = 0; round < count; round += 1) {
        const status = 550 + 10 * index + round;
        const asked = Date.now();
        await commands[by](['apply', '-f', '-'], fault(status, '5m'));
        const applied = Date.now();
        const first = await eventually(() => hit(status, asked)[0], within);
        seenAfter.push(first.sentAt - applied);
        assert.ok(first.sentAt - applied <= within, `round ${round}: seen ${first.sentAt - applied} ms after apply`);

        const begun = Date.now();
        await commands[by](['delete', 'faultpolicy', 'broken-cart']);
        const deleted = Date.now();
        // Ten answers without it, one after the other, sent after the second is over.
        await eventually(() => passed(deleted + within).length >= 10, within + 2_000);
        assert.deepEqual(load.failures(deleted + within), []);
        goneAfter.push((hit(status, begun).at(-1)?.sentAt ?? begun) - deleted);
      }
      t.diagnostic(
        `${by}: seen after the command: ${spread(seenAfter)}; last seen after the deletion: ${spread(goneAfter)}`,
      );
    });
  }

  /** When the lease of the policy ends, wall-clock ms. */
  async function expiry(): Promise<number> {
    const one = '/apis/aya.dev/v1alpha1/namespaces/default/faultpolicies/broken-cart';
    const { status } = await mesh.plane.call('GET', one);
    return Date.parse(status.expiresAt);
  }

  await t.test('with the control plane killed it ends within a second of its lease, and not before', async (t) => {
    const asked = Date.now();
    await mesh.aya(['apply', '-f', '-'], fault(571, '3s', 50, onTheWay));
    const end = await expiry();
    await eventually(() => hit(571, asked).length > 5, within);
    const spoiled = async (): Promise<boolean> => (await ask(web, 'http://cart/')).headers['x-spoiled'] === '1';
    await eventually(spoiled, within);
    await mesh.plane.stop('SIGKILL');
    await eventually(() => passed(end).length >= 10, end - Date.now() + within + 2_000);
    const last = hit(571, asked).at(-1) as Sample;
    t.diagnostic(`last seen ${last.sentAt - end} ms after expiresAt`);
    assert.ok(last.sentAt <= end + within, `still there ${last.sentAt - end} ms after its end`);
    assert.ok(last.sentAt >= end - 200, `over ${end - last.sentAt} ms before its end`);
    assert.equal(describeFailures(load.failures(end + within)), '');
    for (let count = 0; count < 20; count += 1) assert.equal(await spoiled(), false);
  });

  await t.test('a sidecar that restarts without a control plane serves, and has forgotten the fault', async () => {
    await mesh.startControlPlane();
    const asked = Date.now();
    await eventually(async () => /^web .* applied$/m.test(await mesh.aya(['status'])), 10_000);
    await mesh.aya(['apply', '-f', '-'], fault(572, '5m'));
    await eventually(() => hit(572, asked).length > 5, 5_000);
    // What is kept on disk is written at most once a second; let there be something to be forgotten.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await mesh.plane.stop('SIGKILL');
    await load.stop();
    await web.kill();
    web = await startWeb();
    assert.equal((await fetch(`http://127.0.0.1:${web.port('admin')}/ready`)).status, 200);
    for (let count = 0; count < 20; count += 1) assert.equal((await ask(web, 'http://cart/')).status, 200);

    // With the control plane it comes back for the rest of its lease.
    await mesh.startControlPlane();
    load = new Load({ port: web.port('outbound'), perSecond: 50, host: 'cart' });
    await eventually(() => hit(572, 0).length > 5, 10_000);
  });
});
