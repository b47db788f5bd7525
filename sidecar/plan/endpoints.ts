import type {
  ClusterLoadAssignment,
  HealthStatus,
  LbEndpoint,
  LocalityLbEndpoints,
} from '../../shared/xds/messages.gen.ts';
import type { LocalityPlan } from '../core/plan/balancer.ts';
import type { EndpointCheckPlan } from '../core/plan/health-check.ts';
import { FLAG } from '../core/slots.ts';
import { socketAddress } from './listener.ts';
import type { Place } from './place.ts';
import { lbMetadata } from './subset.ts';
import { numberOf } from './value.ts';

/** One endpoint, or, with a `host` that is a name, what DNS makes endpoints of. */
export interface EndpointRow {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
  readonly hostname: string;
  /** The same object for all rows of one locality at one priority. */
  readonly locality: LocalityPlan;
  /** What load balancing sees, each value as JSON. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** FLAG bits that follow from its health status. */
  readonly flags: number;
  /** Absent = it is checked as it is called. */
  readonly check?: EndpointCheckPlan;
}

/** What discovery says of the health of an endpoint, as flags of its slot. The unhealthy and the leaving are kept out. */
const flagsOf: Readonly<Record<HealthStatus, number>> = {
  UNKNOWN: 0,
  HEALTHY: 0,
  DEGRADED: FLAG.degraded,
  UNHEALTHY: FLAG.unhealthy,
  TIMEOUT: FLAG.unhealthy,
  DRAINING: FLAG.draining,
};

/**
 * The endpoints of a ClusterLoadAssignment, in its order. `hosts`: whether names are allowed (STRICT_DNS) or only IP
 * addresses.
 */
export function endpointRows(message: ClusterLoadAssignment, hosts: 'ip' | 'name', place: Place): EndpointRow[] {
  place.only(message, ['cluster_name', 'endpoints', 'policy']);
  if (message.policy) place.at('policy').only(message.policy, []);
  return message.endpoints.flatMap((members, index) => {
    const at = place.index('endpoints', index);
    at.only(members, ['locality', 'lb_endpoints', 'load_balancing_weight', 'priority']);
    const group = { priority: members.priority ?? 0, locality: localityOf(members) };
    const rows = members.lb_endpoints.map((each, number) => row(each, group, hosts, at.index('lb_endpoints', number)));
    return rows.filter((each) => each !== undefined);
  });
}

function localityOf({ locality, load_balancing_weight: weight }: LocalityLbEndpoints): LocalityPlan {
  const { region = '', zone = '', sub_zone: subZone = '' } = locality ?? {};
  return { region, zone, subZone, weight: numberOf(weight, 0) };
}

function row(
  message: LbEndpoint,
  group: Pick<EndpointRow, 'priority' | 'locality'>,
  hosts: 'ip' | 'name',
  place: Place,
): EndpointRow | undefined {
  place.only(message, ['endpoint', 'health_status', 'metadata', 'load_balancing_weight']);
  const status = message.health_status ?? 'UNKNOWN';
  const weight = numberOf(message.load_balancing_weight, 1);
  if (weight < 1) place.at('load_balancing_weight').wrong(`must be at least 1, is ${weight}`);
  const at = place.at('endpoint');
  const address = socketAddress(message.endpoint?.address, at.at('address'), hosts);
  if (!address) return undefined;
  if (address.port === 0) at.at('address').at('socket_address').at('port_value').wrong('must not be 0');
  const whole = {
    ...{ ...address, ...group, weight, hostname: message.endpoint?.hostname ?? '', flags: flagsOf[status] },
    ...lbMetadata(message.metadata),
  };
  const config = message.endpoint?.health_check_config;
  if (!config) return whole;
  const { disable_active_health_check: disabled = false, hostname = '', port_value: port = 0 } = config;
  if (port > 65_535) at.at('health_check_config').at('port_value').wrong(`must not be more than 65535, is ${port}`);
  return { ...whole, check: { port, hostname, disabled } };
}
