import { eventually } from '../support/eventually.ts';
import { ask } from '../support/mesh.ts';
import type { Instance } from './mesh.ts';
import * as policy from './policies.ts';
import { type Outcome, type Stage, wait, watch } from './stage.ts';

/** A refusal takes no attempt, so the quickest of a few is quick whatever this machine does beside, ms. */
const AT_ONCE = 50;

/** From the breaker's opening at both callers until it has closed again by itself. */
export async function breaking(stage: Stage): Promise<Outcome> {
  const { mesh, record } = stage;
  const [caller] = mesh.of('web');
  if (!caller) throw new Error('there is no web');
  await mesh.aya(['apply', '-f', '-'], policy.breaker);
  const open = /^cart\.default:80 +\(all\) +(\S+) +breaker (open|half-open)/gm;
  const status = await eventually(async () => {
    const text = await mesh.aya(['status']);
    return [...text.matchAll(open)].length >= mesh.of('web').length ? text : undefined;
  }, 10_000);
  const since = Date.now();
  const refusals = await Promise.all([1, 2, 3].map(() => eventually(() => refused(caller))));
  const quickest = Math.min(...refusals);
  const { from, to } = await watch({ ...stage, pace: 1 }, 1);
  const reached = ['cart-1', 'cart-2', 'cart-3'].reduce((sum, name) => sum + record.count(name, from, to), 0);
  const flagged = mesh
    .accessLog(caller)
    .split('\n')
    .filter((line) => isRefusal(line, since)).length;
  await Promise.all(mesh.of('cart').map(({ name }) => mesh.behave(name, { status: 200 })));
  const healed = Date.now();
  await eventually(async () => [...(await mesh.aya(['status'])).matchAll(open)].length === 0, 10_000);
  const closed = Date.now();
  await wait(500);
  const { share } = record.failures(closed + 50, closed + 350);
  await mesh.aya(['apply', '-f', '-'], policy.patient);
  const who = [...status.matchAll(open)].map((each) => `${each[1]} ${each[2]}`).join(', ');
  return {
    from,
    to,
    says:
      `aya status: ${who}; 503 after ${quickest.toFixed(0)} ms (goal: below ${AT_ONCE}), ${flagged} with flag UO in ` +
      `${caller.name}'s log, ${reached} of ${record.failures(from, to).count} requests reach cart; closed ${closed - healed} ms after cart is well.`,
    good: quickest < AT_ONCE && flagged > 10 && reached <= 10 && share === 0,
  };
}

/** Ms until a call to cart was refused without an attempt; undefined when it was a trial. */
async function refused({ sidecar }: Instance): Promise<number | undefined> {
  const begun = performance.now();
  const { headers, status } = await ask(sidecar, 'http://cart/');
  return status === 503 && headers['x-envoy-overloaded'] === 'true' ? performance.now() - begun : undefined;
}

function isRefusal(line: string, since: number): boolean {
  if (!line.includes('"response_flags":"UO"')) return false;
  const { start_time: time } = JSON.parse(line) as { start_time: string };
  return Date.parse(time) >= since;
}
