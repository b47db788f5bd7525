import { typeOf } from '../../shared/xds/codec.ts';
import type { Any, HttpFilter } from '../../shared/xds/messages.gen.ts';
import type { HttpFilterPlan } from '../core/plan/http-manager.ts';
import { buffer, bufferFilter } from './buffer.ts';
import { messageOf } from './extension.ts';
import { httpFault } from './fault.ts';
import { adaptiveConcurrency, admissionControl } from './overload.ts';
import type { Place } from './place.ts';

const filter = 'envoy.extensions.filters.http';
const adaptive = `${filter}.adaptive_concurrency.v3.AdaptiveConcurrency` as const;
const admission = `${filter}.admission_control.v3.AdmissionControl` as const;
const fault = `${filter}.fault.v3.HTTPFault` as const;
const grpcWeb = `${filter}.grpc_web.v3.GrpcWeb`;
/** Its fields tune things that we do not have (tracing, upstream filters); the defaults ask for nothing. */
const router = `${filter}.router.v3.Router`;

/** The HTTP filters of a connection manager at `place`, without the router, which must be the last. */
export function httpFilters(list: readonly HttpFilter[], place: Place): HttpFilterPlan[] {
  const plan: HttpFilterPlan[] = [];
  list.forEach((each, index) => {
    const at = place.index('http_filters', index);
    const config = each.typed_config;
    const type = config ? typeOf(config) : '';
    const found = config && filterOf(each.name ?? '', type, config, at.at('typed_config'));
    // The others have settings per route for that.
    if (each.disabled && found?.kind !== 'grpc-web') at.at('disabled').unsupported();
    if (found) plan.push(found.kind === 'grpc-web' ? { ...found, disabled: each.disabled ?? false } : found);
    else if (found === null) return;
    else if (type === router) {
      if (index !== list.length - 1) at.wrong('the router must be the last filter');
    } else if (each.is_optional) at.at('typed_config').tolerate();
    else if (config) at.at('typed_config').refuse(type);
    else at.at('typed_config').wrong('is required');
  });
  const last = list.at(-1)?.typed_config;
  if (!last || typeOf(last) !== router) place.at('http_filters').wrong(`the last filter must be a ${router}`);
  return plan;
}

/** Null: it is known, and there is nothing to do. Undefined: it is not known. */
function filterOf(name: string, type: string, config: Any, place: Place): HttpFilterPlan | null | undefined {
  switch (type) {
    case buffer: {
      const message = messageOf(buffer, config, place);
      return message ? { kind: 'buffer', name, buffer: bufferFilter(message, place) } : null;
    }
    case grpcWeb:
      return { kind: 'grpc-web', name, disabled: false };
    case fault: {
      const message = messageOf(fault, config, place);
      return message ? { kind: 'fault', name, fault: httpFault(message, place) } : null;
    }
    case adaptive: {
      const message = messageOf(adaptive, config, place);
      const concurrency = message ? adaptiveConcurrency(message, place) : null;
      return concurrency && { kind: 'adaptive-concurrency', name, concurrency };
    }
    case admission: {
      const message = messageOf(admission, config, place);
      const plan = message ? admissionControl(message, place) : null;
      return plan && { kind: 'admission-control', name, admission: plan };
    }
    default:
      return undefined;
  }
}
