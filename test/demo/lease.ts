import * as policy from './policies.ts';
import { type Outcome, SETTLES, type Stage, wait, watch } from './stage.ts';

/** The lease runs out while we watch: p50 goes up, and comes down without anybody's doing. */
export async function lease(stage: Stage): Promise<Outcome> {
  const { mesh, record } = stage;
  const before = record.p50('stock', Date.now() - 1000, Date.now());
  await mesh.aya(['apply', '-f', '-'], policy.delay('3s'));
  const span = await watch({ ...stage, pace: 1 }, 2);
  const during = record.p50('stock', span.from, span.to);
  await wait(Math.max(0, span.from - SETTLES + 4000 - Date.now()));
  const now = Date.now();
  await wait(700);
  const after = record.p50('stock', now, now + 500);
  return {
    ...span,
    says: `p50 of stock: ${before.toFixed(0)} ms, under the fault ${during.toFixed(0)} ms, after its lease ${after.toFixed(0)} ms.`,
    good: during - before > 90 && after < before + 50,
  };
}
