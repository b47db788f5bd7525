import { toMs } from '../../shared/xds/duration.ts';
import type { Duration, FractionalPercent, Percent } from '../../shared/xds/messages.gen.ts';
import type { Place } from './place.ts';

/** "No limit", small enough to stay an integer in every engine and in JSON. */
export const UNLIMITED = 2_147_483_647;

/** The value of a wrapper message, or `fallback` when the wrapper is not set. */
export function numberOf(wrapper: { value?: number } | undefined, fallback: number): number {
  return wrapper ? (wrapper.value ?? 0) : fallback;
}

export function booleanOf(wrapper: { value?: boolean } | undefined, fallback: boolean): boolean {
  return wrapper ? (wrapper.value ?? false) : fallback;
}

/** Milliseconds of a duration that may be zero, or `fallback` when it is not set. */
export function durationOf(duration: Duration | undefined, fallback: number, place: Place): number {
  const ms = toMs(duration);
  if (ms === undefined) return fallback;
  if (ms >= 0) return ms;
  place.wrong('a duration must not be negative');
  return fallback;
}

/** Milliseconds of a duration that must be more than zero. */
export function positiveDurationOf(duration: Duration | undefined, fallback: number, place: Place): number {
  const ms = durationOf(duration, fallback, place);
  if (duration && ms === 0) place.wrong('must be more than 0s');
  return ms;
}

const denominators = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

/** 0..100 with decimals; an absent numerator is 0, as in Envoy. */
export function fractionOf(percent: FractionalPercent | undefined, place: Place): number {
  const numerator = percent?.numerator ?? 0;
  const share = (100 * numerator) / denominators[percent?.denominator ?? 'HUNDRED'];
  if (share > 100) place.wrong(`must not be more than 100 %, is ${share} %`);
  return Math.min(100, share);
}

export function percentOf(percent: Percent | undefined, fallback: number, place: Place): number {
  if (!percent) return fallback;
  const value = percent.value ?? 0;
  if (value >= 0 && value <= 100) return value;
  place.wrong(`must be between 0 and 100, is ${value}`);
  return fallback;
}

/** 0..100 of a wrapper that counts whole percents. */
export function wholePercentOf(wrapper: { value?: number } | undefined, fallback: number, place: Place): number {
  const value = numberOf(wrapper, fallback);
  if (value <= 100) return value;
  place.wrong(`must not be more than 100, is ${value}`);
  return fallback;
}
