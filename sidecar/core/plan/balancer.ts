/** How an endpoint is chosen among those of one locality, or of all. */
export type BalancerPlan =
  | { readonly kind: 'round-robin' | 'random' }
  | { readonly kind: 'least-request'; readonly choices: number; readonly bias: number; readonly fullScan: boolean }
  | RingHashPlan
  | MaglevPlan
  | LatencyPlan
  | { readonly kind: 'least-bandwidth'; readonly decay: number }
  | ClientSideWeightsPlan
  | PrequalPlan;

/** Weighted round robin by what endpoints report of their load (ORCA), in their responses. */
export interface ClientSideWeightsPlan {
  readonly kind: 'client-side-weights';
  /** Reports are not used for this long after the first one. */
  readonly blackout: number;
  /** An endpoint that has not reported for this long has no weight of its own. */
  readonly expiration: number;
  readonly update: number;
  /** How much an error counts as utilization. */
  readonly errorPenalty: number;
  /** Ms between reports that endpoints are asked for out of band; 0 = their responses bring them. */
  readonly reportEvery: number;
}

/** By probes of the called side's load. Names and defaults follow the paper (NSDI 2024). */
export interface PrequalPlan {
  readonly kind: 'prequal';
  readonly probesPerRequest: number;
  readonly poolSize: number;
  readonly maxAge: number;
  /** 0..1. */
  readonly hotQuantile: number;
  readonly removalsPerRequest: number;
  /** How much more often probes may be used than they come in (delta). */
  readonly reuseExcess: number;
}

/** By latency times requests under way. */
export interface LatencyPlan {
  readonly kind: 'peak-ewma' | 'least-response-time';
  /** How fast what was measured is forgotten (to 1/e), more than 0. */
  readonly decay: number;
  /** The latency of an endpoint that nothing is known of. */
  readonly initial: number;
  /** What a failure counts as. */
  readonly failure: number;
}

export interface HashingPlan {
  /** An endpoint's place follows from its host name instead of its address. */
  readonly byHostname: boolean;
  /** Percent of the mean load that no endpoint may exceed, at least 100; 0 = no bound. */
  readonly balanceFactor: number;
}

export interface RingHashPlan extends HashingPlan {
  readonly kind: 'ring-hash';
  readonly hash: 'xx' | 'murmur2';
  /** Points on the ring, all endpoints together. */
  readonly minSize: number;
  readonly maxSize: number;
}

export interface MaglevPlan extends HashingPlan {
  readonly kind: 'maglev';
  /** A prime. */
  readonly tableSize: number;
}

/** A new endpoint gets `max(minWeight %, (age / window)^(1 / aggression))` of its weight until it is as old as the window. */
export interface SlowStartPlan {
  /** More than 0. */
  readonly window: number;
  /** More than 0; 1 = linear. */
  readonly aggression: number;
  readonly minWeight: number;
}

/**
 * Whether localities share the traffic before endpoints do. `weighted`: by their weights, each as far as enough of it is
 * available.
 */
export type LocalityRulePlan = { readonly kind: 'none' } | { readonly kind: 'weighted' } | ZoneAwarePlan;

/** As much as possible stays in our own locality without more load on its endpoints than on others. */
export interface ZoneAwarePlan {
  readonly kind: 'zone-aware';
  /** Share of the requests that are routed so, 0..100. */
  readonly routing: number;
  /** With fewer available endpoints localities are not looked at. */
  readonly minSize: number;
  /** In panic nobody is asked, instead of everybody. */
  readonly failOnPanic: boolean;
  /** Null = not known, so localities are not looked at. */
  readonly here: HerePlan | null;
}

/** Our own locality, and how many callers like us there are in each. */
export interface HerePlan {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly callers: readonly {
    readonly region: string;
    readonly zone: string;
    readonly subZone: string;
    readonly count: number;
  }[];
}

/** Endpoints of one locality at one priority. */
export interface LocalityPlan {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  /** 0 = none: without traffic where localities share by weight. */
  readonly weight: number;
}
