import { parseDuration } from '../../shared/struct/duration.ts';
import { boolean, duration, integer, number, object, optional, percent, preset, type Schema } from './schema.ts';

/** Durations as text. Counts of 0 switch a detector off. Meanings are Envoy's, but one endpoint may always be ejected and never all. */
export interface OutlierDetection {
  consecutive5xx: number;
  /** 502, 503 and 504 alone. */
  consecutiveGatewayErrors: number;
  interval: string;
  baseEjectionTime: string;
  maxEjectionTime: string;
  /** Up to so much longer, so that endpoints do not all come back at once. */
  maxEjectionTimeJitter?: string;
  maxEjectionPercent: number;
  /** Count connect failures, resets and timeouts apart from the statuses that an endpoint answers. */
  splitLocalOriginErrors: boolean;
  consecutiveLocalOriginFailures: number;
  /** Ejects what succeeds far less than the others in an interval. */
  successRate?: SuccessRate;
  /** Ejects what fails more than a limit in an interval. */
  failurePercentage?: FailurePercentage;
}

export interface SuccessRate {
  /** Endpoints with enough requests that it takes to compare them. */
  minimumHosts: number;
  requestVolume: number;
  /** Standard deviations below the mean. */
  stdevFactor: number;
}

export interface FailurePercentage {
  threshold: number;
  minimumHosts: number;
  requestVolume: number;
}

const span = duration(1, 24 * 3_600_000);
const count = integer(0, 1_000_000);
const atLeastOne = integer(1, 1_000_000);

const successRate = object<SuccessRate>({
  minimumHosts: preset(atLeastOne, 5),
  requestVolume: preset(atLeastOne, 100),
  stdevFactor: preset(number(0, 10), 1.9),
});

const failurePercentage = object<FailurePercentage>({
  threshold: preset(percent, 85),
  minimumHosts: preset(atLeastOne, 5),
  requestVolume: preset(atLeastOne, 50),
});

export const outlierDetection: Schema<OutlierDetection> = object<OutlierDetection>(
  {
    consecutive5xx: preset(count, 5),
    consecutiveGatewayErrors: preset(count, 0),
    interval: preset(duration(1, 3_600_000), '10s'),
    baseEjectionTime: preset(span, '30s'),
    maxEjectionTime: preset(span, '5m'),
    maxEjectionTimeJitter: optional(span),
    maxEjectionPercent: preset(percent, 50),
    splitLocalOriginErrors: preset(boolean, false),
    consecutiveLocalOriginFailures: preset(count, 5),
    successRate: optional(successRate),
    failurePercentage: optional(failurePercentage),
  },
  {
    also: (block, path, problems) => {
      if (ms(block.maxEjectionTime) < ms(block.baseEjectionTime)) {
        const base = `baseEjectionTime (${block.baseEjectionTime})`;
        problems.add(`${path}.maxEjectionTime`, `must be at least ${base}; got ${block.maxEjectionTime}`);
      }
    },
  },
);

function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
