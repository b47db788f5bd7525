import type { DemoMesh } from './mesh.ts';
import * as policy from './policies.ts';
import { type Outcome, percent, SETTLES, type Stage, wait } from './stage.ts';

/** Between the ejection by both callers and the first release cart-2 must get nothing. */
export async function ejection(stage: Stage): Promise<Outcome> {
  const { mesh, record } = stage;
  await mesh.aya(['apply', '-f', '-'], policy.ejection);
  await wait(SETTLES);
  const from = Date.now();
  await mesh.behave('cart-2', { status: 500 });
  await wait(2500);
  const to = Date.now();
  await mesh.behave('cart-2', { status: 200 });
  const outs = await Promise.all(mesh.of('web').map((each) => ejected(stage, each, from)));
  if (outs.some((each) => each === undefined)) {
    return { from, to, says: 'cart-2 was not ejected by every caller.', good: false };
  }
  const out = Math.max(...outs.map((each) => each?.at ?? 0));
  const until = Math.min(to, ...outs.map((each) => each?.until ?? 0));
  // Requests that were on their way at the moment of ejection may still arrive.
  const inside = record.count('cart-2', out + 50, until);
  const { share } = record.failures(out + 50, until);
  return {
    from,
    to,
    says:
      `out after ${out - from} ms; in the ${until - out} ms until its release cart-2 gets ${inside} requests ` +
      `(goal: 0), and ${percent(share)} of all fail.`,
    good: inside === 0 && until - out > 1000,
  };
}

/** When a caller's sidecar ejected cart-2 since `from`, and until when. */
async function ejected(
  { mesh }: Stage,
  caller: ReturnType<DemoMesh['of']>[number],
  from: number,
): Promise<{ at: number; until: number } | undefined> {
  const events = JSON.parse(await mesh.admin(caller, '/outlier_events')) as {
    at: number;
    until: number;
    action: string;
    enforced: boolean;
  }[];
  return events.find((each) => each.at >= from && each.action === 'eject' && each.enforced);
}
