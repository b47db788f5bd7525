import { typeOf } from '../../shared/xds/codec.ts';
import type { Any } from '../../shared/xds/messages.gen.ts';
import type { FilterOverride, FilterOverrides } from '../core/plan/filter-override.ts';
import { bufferPerRoute, perRoute } from './buffer.ts';
import { extensionOf, messageOf } from './extension.ts';
import { httpFault } from './fault.ts';
import type { Place } from './place.ts';

const own = 'envoy.config.route.v3.FilterConfig';

/** `typed_per_filter_config` of a route, virtual host or route configuration. */
export function filterOverrides(configs: Readonly<Record<string, Any>>, place: Place): FilterOverrides {
  const plan: Record<string, FilterOverride> = {};
  for (const [name, config] of Object.entries(configs)) {
    const override = overrideOf(config, place.key('typed_per_filter_config', name));
    if (override !== undefined) plan[name] = override;
  }
  return plan;
}

function overrideOf(config: Any, place: Place): FilterOverride | undefined {
  if (typeOf(config) !== own) return settings(config, place);
  const message = messageOf(own, config, place);
  if (!message) return undefined;
  if (message.disabled) return 'disabled';
  const at = place.at('config');
  if (!message.config) at.wrong('is required unless the filter is disabled');
  // Envoy: a config that is there and empty only enables the filter.
  else if (typeOf(message.config) !== '') return settings(message.config, at);
  return 'enabled';
}

function settings(config: Any, place: Place): FilterOverride | undefined {
  if (typeOf(config) === perRoute) return bufferPerRoute(config, place);
  const fault = extensionOf('envoy.extensions.filters.http.fault.v3.HTTPFault', config, place);
  return fault && httpFault(fault, place);
}
