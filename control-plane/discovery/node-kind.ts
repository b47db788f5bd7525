import type { Node } from '../../shared/xds/messages.gen.ts';
import { LISTENER, VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import type { NodeKind } from '../translate/caller.ts';
import type { DeltaRequest, FullRequest } from './session.ts';

/** What kind of client a first request comes from: by its name, else by what it asks for. */
export function kindOf(node: Node, request: FullRequest | DeltaRequest): NodeKind {
  const agent = (node.user_agent_name ?? '').toLowerCase();
  if (agent.startsWith('grpc')) return 'grpc';
  if (agent.startsWith('envoy')) return 'envoy';
  if (agent.startsWith('aya') || node.client_features.some((feature) => feature.startsWith('aya.'))) return 'aya';
  if (request.type === VIRTUAL_HOST) return 'aya';
  const names = request.kind === 'full' ? request.names : request.subscribe;
  // Only gRPC asks for a listener by the name that it dials; who has sockets asks for all of them.
  return request.type === LISTENER && names.length > 0 && !names.includes('*') ? 'grpc' : 'envoy';
}
