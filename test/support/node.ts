import type { Input } from '../../shared/xds/canonical.ts';
import { fromJson } from '../../shared/xds/json.ts';
import type { Node } from '../../shared/xds/messages.gen.ts';

/** An xDS node with metadata. */
export function nodeWith(id: string, agent: string, metadata: Record<string, string>): Input<Node> {
  return fromJson('envoy.config.core.v3.Node', { id, user_agent_name: agent, metadata }).message;
}
