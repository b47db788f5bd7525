import { decode } from '../../shared/xds/codec.ts';
import type { Messages } from '../../shared/xds/messages.gen.ts';
import { scan } from '../../shared/xds/strict.ts';
import { nameOf } from '../../shared/xds/type-url.ts';
import type { FaultAssignmentPlan } from '../core/plan/fault.ts';
import type { RouteConfigPlan, VirtualHostPlan } from '../core/plan/route.ts';
import { type ClusterResult, cluster } from './cluster.ts';
import { type EndpointRow, endpointRows } from './endpoints.ts';
import { faultAssignment } from './fault.ts';
import { type ListenerResult, listener } from './listener.ts';
import { allOf, Place, sortFindings } from './place.ts';
import { routeConfig, virtualHost } from './route.ts';

/** One discovered resource, resolved as far as it can be by itself. */
export type Resource =
  | { readonly kind: 'listener'; readonly value: ListenerResult }
  | { readonly kind: 'route'; readonly value: RouteConfigPlan }
  | { readonly kind: 'vhost'; readonly value: VirtualHostPlan }
  | { readonly kind: 'cluster'; readonly value: ClusterResult }
  | { readonly kind: 'endpoints'; readonly value: readonly EndpointRow[] }
  | { readonly kind: 'fault'; readonly value: FaultAssignmentPlan };

export type ResourceKind = Resource['kind'];

/** Message types that are discovered, by full name. */
const kinds: Partial<Record<keyof Messages, ResourceKind>> = {
  'envoy.config.listener.v3.Listener': 'listener',
  'envoy.config.route.v3.RouteConfiguration': 'route',
  'envoy.config.route.v3.VirtualHost': 'vhost',
  'envoy.config.cluster.v3.Cluster': 'cluster',
  'envoy.config.endpoint.v3.ClusterLoadAssignment': 'endpoints',
  'aya.v1.FaultAssignment': 'fault',
};

/** What a type URL stands for; undefined when it is nothing that we discover. */
export function kindOf(typeUrl: string): ResourceKind | undefined {
  return kinds[nameOf(typeUrl) as keyof Messages];
}

/** A resource, or why it is refused; `warnings` are what `lenient` lets pass. Each line names the resource and the field. */
export interface ReadResource {
  readonly resource: Resource | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads the wire bytes of the resource called `name`. Nothing in them is dropped in silence. */
export function readResource(typeUrl: string, name: string, bytes: Uint8Array, lenient: boolean): ReadResource {
  const type = nameOf(typeUrl) as keyof Messages;
  const kind = kinds[type];
  const label = `${type.slice(type.lastIndexOf('.') + 1)} ${name}: `;
  if (!kind) return { resource: undefined, problems: [`${label}this type is not discovered`], warnings: [] };
  const findings = sortFindings(scan(type, bytes));
  let resource: Resource | undefined;
  try {
    resource = resolve(kind, name, bytes, new Place('', findings));
  } catch {
    if (findings.wrong.length === 0) findings.wrong.push(`the bytes are no ${type}`);
  }
  const problems = lenient ? findings.wrong : allOf(findings);
  const labelled = (lines: readonly string[]): string[] => [...new Set(lines)].map((each) => label + each);
  return {
    resource: problems.length === 0 ? resource : undefined,
    problems: labelled(problems),
    warnings: lenient ? labelled(findings.unsupported) : [],
  };
}

function resolve(kind: ResourceKind, name: string, bytes: Uint8Array, place: Place): Resource | undefined {
  switch (kind) {
    case 'listener': {
      const message = decode('envoy.config.listener.v3.Listener', bytes);
      // Envoy lets a listener take its name from the discovery response.
      const value = listener({ ...message, name: message.name || name }, place);
      checkName(message.name || name, name, place.at('name'));
      return value && { kind, value };
    }
    case 'route': {
      const message = decode('envoy.config.route.v3.RouteConfiguration', bytes);
      checkName(message.name, name, place.at('name'));
      return { kind, value: routeConfig(message, place) };
    }
    case 'vhost':
      return { kind, value: virtualHost(decode('envoy.config.route.v3.VirtualHost', bytes), place) };
    case 'cluster': {
      const message = decode('envoy.config.cluster.v3.Cluster', bytes);
      checkName(message.name, name, place.at('name'));
      return { kind, value: cluster(message, place) };
    }
    case 'endpoints': {
      const message = decode('envoy.config.endpoint.v3.ClusterLoadAssignment', bytes);
      checkName(message.cluster_name, name, place.at('cluster_name'));
      return { kind, value: endpointRows(message, 'ip', place) };
    }
    case 'fault':
      return { kind, value: faultAssignment(name, decode('aya.v1.FaultAssignment', bytes), place) };
  }
}

function checkName(own: string | undefined, name: string, place: Place): void {
  if (own !== name) place.wrong(`"${own ?? ''}" came as resource "${name}"`);
}
