import { encode } from '../../shared/xds/codec.ts';
import { fromMs } from '../../shared/xds/duration.ts';
import type { Resource } from '../snapshot/resource.ts';
import type { Action } from './session.ts';

type Send = Extract<Action, { kind: 'send' }>;

/** Tag of field 2, length-delimited: `resources` in both responses, `resource` in Resource, `value` in Any. */
const field2 = 0x12;

/**
 * The wire bytes of a response: a head of its own, and the bytes of the resources as they are, each as a field of the
 * response. Fields of a message may stand in any order. Source: Protocol Buffers, "Encoding".
 */
export function fullResponse({ type, nonce, version, resources }: Send, identifier: string): Buffer {
  const head = encode('envoy.service.discovery.v3.DiscoveryResponse', {
    version_info: version,
    type_url: type,
    nonce,
    control_plane: { identifier },
  });
  return Buffer.concat([head, ...resources.flatMap((each) => field(anyOf(each)))]);
}

/** As `fullResponse`. `wall` is now: a resource that ends by itself is sent with the time that is left. */
export function deltaResponse(send: Send, identifier: string, wall: number): Buffer {
  const head = encode('envoy.service.discovery.v3.DeltaDiscoveryResponse', {
    system_version_info: send.version,
    type_url: send.type,
    removed_resources: send.removed,
    nonce: send.nonce,
    control_plane: { identifier },
  });
  return Buffer.concat([head, ...send.resources.flatMap((each) => field(deltaResource(each, wall)))]);
}

function deltaResource(resource: Resource, wall: number): Buffer[] {
  const { name, aliases, version, expiresAt } = resource;
  const head = encode('envoy.service.discovery.v3.Resource', {
    name,
    aliases,
    version,
    // A ttl of nothing would mean "for ever".
    ...(expiresAt !== undefined && { ttl: fromMs(Math.max(1, expiresAt - wall)) }),
  });
  return [head, ...field(anyOf(resource))];
}

function anyOf({ type, bytes }: Resource): Buffer[] {
  return [encode('google.protobuf.Any', { type_url: type }), ...field([bytes])];
}

function field(parts: readonly Buffer[]): Buffer[] {
  const length = parts.reduce((sum, { length: bytes }) => sum + bytes, 0);
  return [Buffer.from([field2, ...varint(length)]), ...parts];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}
