import type { LoadBalancing, TrafficPolicy } from '../model/traffic-policy.ts';
import type { NodeKind } from './caller.ts';
import { extension, type Message } from './message.ts';
import type { Note } from './problem.ts';

type Cluster = Message<'envoy.config.cluster.v3.Cluster'>;
type Extension = ReturnType<typeof extension>;

const byDefault: LoadBalancing = { policy: 'LeastRequest', choiceCount: 2 };

const leastRequest = (choices: number): Extension =>
  extension('envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest', {
    choice_count: { value: choices },
  });
const roundRobin = (): Extension => extension('envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin', {});
const random = (): Extension => extension('envoy.extensions.load_balancing_policies.random.v3.Random', {});

/**
 * How an endpoint is chosen. gRPC clients refuse a list in which they know nothing, and a `lb_policy` other than
 * ROUND_ROBIN, so both end there for them.
 */
export function balancing(policy: TrafficPolicy | undefined, kind: NodeKind, note: Note): Cluster {
  const block = policy?.spec.loadBalancing ?? byDefault;
  const choices = { value: block.choiceCount };
  if (kind === 'grpc') {
    if (policy && block.policy === 'Random') note(policy, 'loadBalancing: gRPC clients know no Random', 'grpc');
    const preferred = block.policy === 'LeastRequest' ? [leastRequest(block.choiceCount)] : [];
    return { lb_policy: 'ROUND_ROBIN', ...listed([...preferred, roundRobin()]) };
  }
  if (block.policy === 'LeastRequest') {
    return {
      lb_policy: 'LEAST_REQUEST',
      least_request_lb_config: { choice_count: choices },
      ...listed([leastRequest(block.choiceCount)]),
    };
  }
  if (block.policy === 'Random') return { lb_policy: 'RANDOM', ...listed([random()]) };
  return { lb_policy: 'ROUND_ROBIN', ...listed([roundRobin()]) };
}

function listed(extensions: readonly Extension[]): Cluster {
  return { load_balancing_policy: { policies: extensions.map((each) => ({ typed_extension_config: each })) } };
}
