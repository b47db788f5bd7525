import type { DemoMesh } from './mesh.ts';
import * as policy from './policies.ts';
import type { Record } from './record.ts';

/** What a step says when it is over: the span that it is about, what the numbers show, and whether that is as it should be. */
export interface Outcome {
  readonly from: number;
  readonly to: number;
  readonly says: string;
  readonly good: boolean;
}

export interface Step {
  readonly title: string;
  /** What is about to happen, for the reader. */
  readonly tells: string;
  play(stage: Stage): Promise<Outcome>;
}

export interface Stage {
  readonly mesh: DemoMesh;
  readonly record: Record;
  /** Seconds are stretched by this for people who watch. */
  readonly pace: number;
}

/** How long a policy may take to be everywhere before the numbers are looked at, ms. */
const SETTLES = 700;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Watches for `seconds`, beginning once the change is everywhere; answers that span. */
async function watch({ pace }: Stage, seconds: number): Promise<{ from: number; to: number }> {
  await wait(SETTLES);
  const from = Date.now();
  await wait(seconds * 1000 * pace);
  const to = Date.now();
  // Answers to the last requests of the span are still under way.
  await wait(200);
  return { from, to };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export const story: readonly Step[] = [
  {
    title: 'A quiet mesh',
    tells: 'Every request of the load goes web -> cart -> stock, each hop through two sidecars.',
    async play(stage) {
      await stage.mesh.aya(['apply', '-f', '-'], policy.balance);
      const span = await watch(stage, 2);
      const { count, share } = stage.record.failures(span.from, span.to);
      return { ...span, says: `${count} requests, ${percent(share)} failed.`, good: count > 50 && share === 0 };
    },
  },
  {
    title: 'One slow endpoint',
    tells: 'cart-3 becomes 250 ms slow. Nobody tells the mesh: least request sees more of its requests in flight.',
    async play(stage) {
      await stage.mesh.behave('cart-3', { delay: 250 });
      const span = await watch(stage, 3);
      await stage.mesh.behave('cart-3', { delay: 0 });
      const all = ['cart-1', 'cart-2', 'cart-3'].map((name) => stage.record.count(name, span.from, span.to));
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
    title: 'A fault: 20 % of the calls to cart are aborted',
    tells: 'A FaultPolicy with a lease of 60 s; no retries yet.',
    async play(stage) {
      await stage.mesh.aya(['apply', '-f', '-'], `${policy.patient}---${policy.patientWeb}---${policy.abort}`);
      const span = await watch(stage, 6.5);
      const { share, count } = stage.record.failures(span.from, span.to);
      return {
        ...span,
        says: `${percent(share)} of ${count} requests fail (20 % were asked for).`,
        good: share >= 0.15 && share <= 0.25,
      };
    },
  },
  {
    title: 'The same fault, retried away',
    tells: 'The TrafficPolicy of cart now retries 5xx, within a budget. The fault is still on.',
    async play(stage) {
      await stage.mesh.aya(['apply', '-f', '-'], policy.retrying);
      const span = await watch(stage, 3);
      await stage.mesh.aya(['delete', 'faultpolicy', 'broken-cart']);
      const { share, count } = stage.record.failures(span.from, span.to);
      return { ...span, says: `${percent(share)} of ${count} requests fail (goal: below 1 %).`, good: share < 0.01 };
    },
  },
  {
    title: 'A fault with a short lease: stock is 100 ms slower',
    tells: 'The lease is 4 s. Nobody deletes the fault: it ends by itself.',
    play: delay,
  },
];

/** Between the ejection by both callers and the first release cart-2 must get nothing. */
async function ejection(stage: Stage): Promise<Outcome> {
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

/** The lease runs out while we watch: p50 goes up, and comes down without anybody's doing. */
async function delay(stage: Stage): Promise<Outcome> {
  const { mesh, record } = stage;
  const before = record.p50('stock', Date.now() - 1000, Date.now());
  await mesh.aya(['apply', '-f', '-'], policy.delay('4s'));
  const span = await watch({ ...stage, pace: 1 }, 2);
  const during = record.p50('stock', span.from, span.to);
  await wait(Math.max(0, span.from - SETTLES + 5000 - Date.now()));
  const now = Date.now();
  await wait(700);
  const after = record.p50('stock', now, now + 500);
  return {
    ...span,
    says: `p50 of stock: ${before.toFixed(0)} ms, under the fault ${during.toFixed(0)} ms, after its lease ${after.toFixed(0)} ms.`,
    good: during - before > 90 && after < before + 50,
  };
}
