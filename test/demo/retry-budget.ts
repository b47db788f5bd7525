import type { DemoMesh } from './mesh.ts';
import * as policy from './policies.ts';
import { type Outcome, percent, type Stage, wait, watch } from './stage.ts';

/** A budget counts from the moment when it comes, so the failure is there before it. */
export async function retryBudget(stage: Stage): Promise<Outcome> {
  const { mesh, record } = stage;
  await mesh.aya(['apply', '-f', '-'], policy.patient);
  await Promise.all(mesh.of('cart').map(({ name }) => mesh.behave(name, { status: 500 })));
  // Requests that had come before have their answers.
  await wait(300);
  const before = await attemptsAtCart(mesh);
  await mesh.aya(['apply', '-f', '-'], policy.retryBudget);
  const span = await watch(stage, 4);
  const after = await attemptsAtCart(mesh);
  const attempts = after.all - before.all;
  const retries = after.retries - before.retries;
  const each = attempts / (attempts - retries);
  const { count, share } = record.failures(span.from, span.to);
  return {
    ...span,
    says: `${percent(share)} of ${count} requests fail, at ${each.toFixed(2)} attempts each (goal: at most 1.2, and some retries).`,
    good: Number(each.toFixed(2)) <= 1.2 && retries > 0 && share > 0.95,
  };
}

/** What the sidecars of web have sent to cart so far. */
async function attemptsAtCart(mesh: DemoMesh): Promise<{ all: number; retries: number }> {
  const stats = await Promise.all(mesh.of('web').map(({ sidecar }) => sidecar.stats()));
  const sum = (name: string): number =>
    stats.reduce((total, each) => total + (each.get(`cluster.cart.default_80.${name}`) ?? 0), 0);
  return { all: sum('upstream_rq_total'), retries: sum('upstream_rq_retry') };
}
