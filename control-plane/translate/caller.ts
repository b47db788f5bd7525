import { isIP } from 'node:net';
import { toJson } from '../../shared/xds/json.ts';
import type { Node } from '../../shared/xds/messages.gen.ts';

/** What a client can do, and so what it is served. */
export type NodeKind = 'aya' | 'envoy' | 'grpc';

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Who asks: whatever translation may depend on. */
export interface Caller {
  readonly kind: NodeKind;
  /** N of the client feature `aya.v1.N`: the highest level of our own messages that it knows; 0 for other kinds. */
  readonly level: number;
  readonly namespace: string;
  /** The service that the node belongs to; '' when it only calls. */
  readonly service: string;
}

/** A client of the control plane, with the sockets that its sidecar is to open. */
export interface MeshNode extends Caller {
  readonly id: string;
  /** Where it accepts the calls of its own program. */
  readonly outbound: SocketAddress | undefined;
  /** Where it accepts calls from others, and where it sends them on to: both or none. */
  readonly inbound: SocketAddress | undefined;
  readonly app: SocketAddress | undefined;
}

/**
 * Reads a node. Metadata keys, all optional: `namespace`, `service` (else `node.cluster`), and `outbound`, `inbound`, `app`
 * as HOST:PORT. An Envoy without `outbound` listens on 127.0.0.1:15001; every other socket must be named.
 */
export function readNode(node: Node, kind: NodeKind): MeshNode {
  const metadata = node.metadata ? (toJson('google.protobuf.Struct', node.metadata) as Record<string, unknown>) : {};
  const text = (name: string): string => {
    const value = metadata[name];
    return typeof value === 'string' ? value : '';
  };
  const levels = node.client_features.map((feature) => Number(/^aya\.v1\.(\d+)$/.exec(feature)?.[1] ?? 0));
  const outbound = parseAddress(text('outbound'));
  const [inbound, app] = [parseAddress(text('inbound')), parseAddress(text('app'))];
  return {
    kind,
    level: kind === 'aya' ? Math.max(1, ...levels) : 0,
    id: node.id ?? '',
    namespace: text('namespace') || 'default',
    service: text('service') || (node.cluster ?? ''),
    outbound: outbound ?? (kind === 'envoy' ? { host: '127.0.0.1', port: 15_001 } : undefined),
    inbound: app && inbound,
    app: inbound && app,
  };
}

/** `127.0.0.1:8080`, `[::1]:8080`; undefined when it is no address. */
function parseAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? 0);
  return isIP(host) !== 0 && port > 0 && port < 65_536 ? { host, port } : undefined;
}
