import type { Any, Messages } from '../../shared/xds/messages.gen.ts';
import type { BufferPlan } from '../core/plan/buffer.ts';
import { messageOf } from './extension.ts';
import type { Place } from './place.ts';
import { numberOf } from './value.ts';

const home = 'envoy.extensions.filters.http.buffer.v3';
export const buffer = `${home}.Buffer` as const;
export const perRoute = `${home}.BufferPerRoute` as const;

/** Envoy's buffer filter. */
export function bufferFilter(message: Messages[typeof buffer], place: Place): BufferPlan {
  const maxRequestBytes = numberOf(message.max_request_bytes, 0);
  if (maxRequestBytes === 0) place.at('max_request_bytes').wrong('is required, and more than 0');
  return { maxRequestBytes };
}

/** What a route says about it. */
export function bufferPerRoute(config: Any, place: Place): BufferPlan | 'disabled' | undefined {
  const message = messageOf(perRoute, config, place);
  if (!message) return undefined;
  if (message.disabled) return 'disabled';
  if (message.buffer) return bufferFilter(message.buffer, place.at('buffer'));
  place.wrong('one of disabled and buffer is required');
  return undefined;
}
