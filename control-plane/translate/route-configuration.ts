import { ROUTE } from '../../shared/xds/type-url.ts';
import { outboundRoutes } from './listener.ts';
import { ads, type Draft, type Message } from './message.ts';
import type { VirtualHost } from './virtual-host.ts';

type RouteConfiguration = Message<'envoy.config.route.v3.RouteConfiguration'>;

/** For Aya's sidecars: no virtual host at all; each is asked for when a program first calls it (decisions D16). */
export function onDemandRoutes(): Draft {
  return draft({ name: outboundRoutes, vhds: { config_source: ads } });
}

/** For Envoy: every virtual host that there is. */
export function allRoutes(hosts: readonly VirtualHost[]): Draft {
  return draft({ name: outboundRoutes, virtual_hosts: hosts });
}

/** For a gRPC client that dials `name`. */
export function grpcRoutes(name: string, host: VirtualHost): Draft {
  return draft({ name, virtual_hosts: [host] });
}

function draft(message: RouteConfiguration): Draft {
  return { type: ROUTE, name: message.name ?? '', aliases: [], message };
}
