import type { Handlers } from '../../shared/rpc/server.ts';
import type { Status } from '../../shared/xds/messages.gen.ts';
import { DiscoveryStream, type StreamContext } from './stream.ts';

/** The two aggregated discovery methods, state of the world and incremental, over one snapshot. */
export function discoveryHandlers(
  context: StreamContext,
): Required<Pick<Handlers, 'StreamAggregatedResources' | 'DeltaAggregatedResources'>> {
  const streams = new Set<DiscoveryStream>();
  context.snapshot.subscribe(() => {
    for (const each of streams) each.look();
  });
  const opened = (stream: DiscoveryStream) => {
    streams.add(stream);
    return {
      onDrain: () => stream.drained(),
      onClose: () => {
        streams.delete(stream);
        stream.closed();
      },
    };
  };
  return {
    StreamAggregatedResources(stream) {
      const own = new DiscoveryStream(context, stream);
      return {
        ...opened(own),
        onMessage: ({ node, type_url: type = '', resource_names: names, response_nonce: nonce = '', error_detail }) =>
          own.request(node, { kind: 'full', type, names, nonce, ...refusal(error_detail) }),
      };
    },
    DeltaAggregatedResources(stream) {
      const own = new DiscoveryStream(context, stream);
      return {
        ...opened(own),
        onMessage: (request) =>
          own.request(request.node, {
            kind: 'delta',
            type: request.type_url ?? '',
            subscribe: request.resource_names_subscribe,
            unsubscribe: request.resource_names_unsubscribe,
            initial: request.initial_resource_versions,
            nonce: request.response_nonce ?? '',
            ...refusal(request.error_detail),
          }),
      };
    },
  };
}

function refusal(detail: Status | undefined): { error?: string } {
  return detail ? { error: detail.message ?? 'refused without a reason' } : {};
}
