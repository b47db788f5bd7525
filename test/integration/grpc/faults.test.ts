import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Piece } from '../../../sidecar/core/plan/delta.ts';
import { outlierPlan, retryPlan } from '../../support/cluster.ts';
import { clusterPieces, listenerPiece, routePiece, WorkerUnderTest } from '../../support/data-path.ts';
import { grpcCall, http2Client } from '../../support/grpc-call.ts';
import { forwardPlan, prefix, routePlan } from '../../support/route-plan.ts';

/** Every attempt is aborted with this gRPC status, which HTTP clients are told as `status`. */
const abort = (grpcStatus: number, status: number, exempt = false): Piece => ({
  kind: 'fault',
  name: 'cart',
  value: {
    service: 'cart',
    rules: [
      {
        policy: 'default/broken',
        match: [],
        delay: null,
        abort: { percent: 100, status, grpcStatus },
        at: 'attempt',
        maxActive: 100,
        exempt,
      },
    ],
  },
});

test('an injected gRPC status is retried, counted and blamed as a real one', async (t) => {
  const retry = retryPlan({ attempts: 2, on: ['unavailable'], classes: true, backoffBase: 1, backoffMax: 1 });
  const cases = [
    { grpcStatus: 14, status: 503, exempt: false, attempts: 3, tripped: 1 },
    { grpcStatus: 14, status: 503, exempt: true, attempts: 3, tripped: 0 },
    // What it is to HTTP clients does not matter: this one blames the caller, and the policy does not list it.
    { grpcStatus: 5, status: 503, exempt: false, attempts: 1, tripped: 0 },
  ];
  for (const { grpcStatus, status, exempt, attempts, tripped } of cases) {
    const outlier = outlierPlan({ consecutive5xx: 3, consecutiveGatewayFailure: 1000 });
    const worker = new WorkerUnderTest(t, [
      ...clusterPieces('cart', 0, [1], { protocol: 'http2', outlier }),
      abort(grpcStatus, status, exempt),
      routePiece([routePlan('cart', prefix('/'), { action: forwardPlan({ retry }) })]),
      listenerPiece(),
    ]);
    const answer = await grpcCall(http2Client(t, worker.port));
    assert.deepEqual([answer.status, answer.trailersOnly, answer.message], [grpcStatus, true, 'fault filter abort']);
    // An attempt that is answered by a fault counts as begun.
    assert.equal(worker.slots.slot(1).sum(4), attempts, JSON.stringify({ grpcStatus, exempt }));
    assert.equal(worker.said.filter((each) => each.kind === 'tripped').length, tripped);
  }
});
