import type { Messages } from './messages.gen.ts';

/** What every type URL of ours begins with. Only what stands after the last slash counts when one is read. */
const prefix = 'type.googleapis.com/';

/** The URL of a message type, given by its full name. */
export const urlOf = (type: keyof Messages): string => prefix + type;

/** The full name in a type URL: what stands after the last slash. */
export const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

/** Type URLs of the resource types. */
export const LISTENER = urlOf('envoy.config.listener.v3.Listener');
export const ROUTE = urlOf('envoy.config.route.v3.RouteConfiguration');
export const VIRTUAL_HOST = urlOf('envoy.config.route.v3.VirtualHost');
export const CLUSTER = urlOf('envoy.config.cluster.v3.Cluster');
export const ENDPOINT = urlOf('envoy.config.endpoint.v3.ClusterLoadAssignment');
export const FAULT_ASSIGNMENT = urlOf('aya.v1.FaultAssignment');
