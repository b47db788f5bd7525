import type { HttpConnectionManager, Route, RouteAction } from '../../shared/xds/messages.gen.ts';
import type { HttpManagerPlan } from '../core/plan/http-manager.ts';
import type { ForwardPlan } from '../core/plan/route.ts';
import type { Place } from './place.ts';
import { booleanOf } from './value.ts';

/** The upgrade_configs of a connection manager. CONNECT is one of them, although it is none (Envoy's way). */
export function managerUpgrades(
  { upgrade_configs: configs }: HttpConnectionManager,
  place: Place,
): Pick<HttpManagerPlan, 'upgrades' | 'connect'> {
  const enabled = configs.flatMap((each, at) => {
    const here = place.index('upgrade_configs', at);
    here.only(each, ['upgrade_type', 'enabled']);
    const type = typeOf(each.upgrade_type, here);
    return booleanOf(each.enabled, true) ? [type] : [];
  });
  return { upgrades: enabled.filter((type) => type !== 'connect'), connect: enabled.includes('connect') };
}

/** The upgrade_configs of a route. */
export function upgradesOf(
  { upgrade_configs: configs }: RouteAction,
  { match }: Route,
  place: Place,
): Pick<ForwardPlan, 'upgrades' | 'connect'> {
  const upgrades: Record<string, boolean> = {};
  let connect = false;
  configs.forEach((each, at) => {
    const here = place.index('upgrade_configs', at);
    here.only(each, ['upgrade_type', 'enabled', 'connect_config']);
    const type = typeOf(each.upgrade_type, here);
    const enabled = booleanOf(each.enabled, true);
    if (type !== 'connect') upgrades[type] = enabled;
    else if (!each.connect_config && enabled) here.unsupported('CONNECT that goes on as CONNECT; set connect_config');
    else connect = enabled;
    if (!each.connect_config) return;
    here.at('connect_config').only(each.connect_config, ['allow_post']);
    if (each.connect_config.allow_post) here.at('connect_config').at('allow_post').unsupported();
    if (type !== 'connect') here.at('connect_config').wrong('is for CONNECT alone');
  });
  // Other requests on this route would be sent to connections that speak no HTTP.
  if (connect && !match?.connect_matcher) place.at('upgrade_configs').wrong('CONNECT needs a connect_matcher');
  return { upgrades, connect };
}

function typeOf(text: string | undefined, place: Place): string {
  if (!text) place.at('upgrade_type').wrong('is required');
  const type = (text ?? '').toLowerCase();
  if (type === 'h2c' || type === 'connect-udp') place.at('upgrade_type').unsupported(type);
  return type;
}
