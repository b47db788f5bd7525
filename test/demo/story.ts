import { breaking } from './breaking.ts';
import { ejection } from './ejection.ts';
import { lease } from './lease.ts';
import * as policy from './policies.ts';
import { retryBudget } from './retry-budget.ts';
import { percent, type Stage, type Step, watch } from './stage.ts';

export const story: readonly Step[] = [
  {
    title: 'A quiet mesh',
    tells:
      'Every request of the load goes web -> cart by HTTP, and cart -> stock by gRPC, each hop through two sidecars. Each cart ' +
      'has one gRPC connection, and its calls go to both stocks.',
    async play(stage) {
      await stage.mesh.aya(['apply', '-f', '-'], policy.balance);
      const span = await watch(stage, 2);
      const { count, share } = stage.record.failures(span.from, span.to);
      const [one = 0, two = 0] = counts(stage, ['stock-1', 'stock-2'], span);
      const first = one / (one + two);
      return {
        ...span,
        says: `${count} requests, ${percent(share)} failed; stock-1 has ${percent(first)} of the calls (goal: 30 to 70 %).`,
        good: count > 50 && share === 0 && first > 0.3 && first < 0.7,
      };
    },
  },
  {
    title: 'One slow endpoint',
    tells: 'cart-3 becomes 250 ms slow. Nobody tells the mesh: least request sees more of its requests in flight.',
    async play(stage) {
      await stage.mesh.behave('cart-3', { delay: 250 });
      const span = await watch(stage, 3);
      await stage.mesh.behave('cart-3', { delay: 0 });
      const all = counts(stage, ['cart-1', 'cart-2', 'cart-3'], span);
      const ofFair = ((all[2] ?? 0) * 3) / all.reduce((sum, each) => sum + each, 0);
      return {
        ...span,
        says: `cart-3 gets ${percent(ofFair)} of its fair share (goal: below 60 %).`,
        good: ofFair < 0.6,
      };
    },
  },
  {
    title: 'One broken endpoint, ejected',
    tells: 'cart-2 answers 500. Outlier detection: three in a row, out for 3 s.',
    play: ejection,
  },
  {
    title: 'All of cart broken: no storm of retries',
    tells:
      'Every cart answers 500, and the policy asks for 3 retries. The budget allows them for 20 % of the requests.',
    play: retryBudget,
  },
  {
    title: 'All of cart still broken: the breaker opens',
    tells:
      'An error-rate breaker for cart: above 50 % failures it lets nothing through, but for one trial in a second.',
    play: breaking,
  },
  {
    title: 'A fault: 20 % of the gRPC calls to stock end with UNAVAILABLE',
    tells: 'A FaultPolicy with a lease of 60 s; no retries yet.',
    async play(stage) {
      await stage.mesh.aya(['apply', '-f', '-'], policy.abort);
      const span = await watch(stage, 6);
      const { share, count } = stage.record.failures(span.from, span.to);
      return {
        ...span,
        says: `${percent(share)} of ${count} requests fail (20 % were asked for).`,
        good: share >= 0.14 && share <= 0.26,
      };
    },
  },
  {
    title: 'The same fault, retried away by a GRPCRoute',
    tells: 'It repeats calls of shop.v1.Stock/Check by that status. The fault is still on.',
    async play(stage) {
      await stage.mesh.aya(['apply', '-f', '-'], policy.grpcRetry);
      const span = await watch(stage, 3);
      await stage.mesh.aya(['delete', 'faultpolicy', 'broken-stock']);
      const { share, count } = stage.record.failures(span.from, span.to);
      return { ...span, says: `${percent(share)} of ${count} requests fail (goal: below 1 %).`, good: share < 0.01 };
    },
  },
  {
    title: 'A fault with a short lease: stock is 100 ms slower',
    tells: 'The lease is 3 s. Nobody deletes the fault: it ends by itself.',
    play: lease,
  },
];

function counts({ record }: Stage, names: readonly string[], { from, to }: { from: number; to: number }): number[] {
  return names.map((name) => record.count(name, from, to));
}
