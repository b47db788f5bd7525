import type { BufferPlan } from './buffer.ts';
import type { HttpFaultPlan } from './fault.ts';

/** What a route or virtual host says about one filter: other settings, or only whether it acts (Envoy's FilterConfig). */
export type FilterOverride = HttpFaultPlan | BufferPlan | 'enabled' | 'disabled';

/** By the name of the filter. */
export type FilterOverrides = Readonly<Record<string, FilterOverride>>;
