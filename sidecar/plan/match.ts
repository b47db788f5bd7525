import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch,
  RuntimeFractionalPercent,
  StringMatcher,
} from '../../shared/xds/messages.gen.ts';
import type { HeaderMatchPlan, MatchPlan, QueryMatchPlan, StringMatchPlan } from '../core/plan/match.ts';
import type { Place } from './place.ts';
import { checkRegex } from './regex.ts';
import { booleanOf, fractionOf } from './value.ts';

/** RouteMatch. Source: Envoy's route_components.proto. */
export function routeMatch(match: RouteMatch, place: Place): MatchPlan {
  place.only(match, [
    'prefix',
    'path',
    'safe_regex',
    'path_separated_prefix',
    'connect_matcher',
    'case_sensitive',
    'runtime_fraction',
    'headers',
    'query_parameters',
  ]);
  return {
    path: pathMatch(match, place),
    caseSensitive: booleanOf(match.case_sensitive, true),
    headers: match.headers.map((each, at) => headerMatch(each, place.index('headers', at))),
    query: match.query_parameters.map((each, at) => queryMatch(each, place.index('query_parameters', at))),
    grpcOnly: false,
    percent: runtimeShare(match.runtime_fraction, place.at('runtime_fraction')),
  };
}

function pathMatch(match: RouteMatch, place: Place): MatchPlan['path'] {
  if (match.connect_matcher) return { kind: 'connect', value: '' };
  if (match.path !== undefined) return { kind: 'exact', value: match.path };
  if (match.safe_regex) {
    const value = match.safe_regex.regex ?? '';
    checkRegex(value, place.at('safe_regex').at('regex'));
    return { kind: 'regex', value };
  }
  if (match.path_separated_prefix !== undefined) {
    const value = match.path_separated_prefix;
    if (!/^\/[^?#]*[^?#/]$/.test(value)) {
      place.at('path_separated_prefix').wrong('must begin with "/", must not end with it, and has no "?" or "#"');
    }
    return { kind: 'segments', value };
  }
  if (match.prefix === undefined)
    place.wrong('one of prefix, path, path_separated_prefix, safe_regex or connect_matcher is required');
  return { kind: 'prefix', value: match.prefix ?? '/' };
}

/** There is no runtime layer to look `runtime_key` up in, so the default value always holds, as in an Envoy without one. */
function runtimeShare(fraction: RuntimeFractionalPercent | undefined, place: Place): number {
  return fraction ? fractionOf(fraction.default_value, place.at('default_value')) : 100;
}

export function headerMatch(match: HeaderMatcher, place: Place): HeaderMatchPlan {
  const name = (match.name ?? '').toLowerCase();
  if (name === '') place.at('name').wrong('is required');
  return {
    name,
    test: headerTest(match, place),
    invert: match.invert_match ?? false,
    missingAsEmpty: match.treat_missing_header_as_empty ?? false,
  };
}

function headerTest(match: HeaderMatcher, place: Place): HeaderMatchPlan['test'] {
  const exactly = (kind: 'exact' | 'prefix' | 'suffix' | 'contains', value: string) =>
    ({ kind, value, ignoreCase: false }) as const;
  if (match.string_match) return stringMatch(match.string_match, place.at('string_match'));
  if (match.exact_match !== undefined) return exactly('exact', match.exact_match);
  if (match.prefix_match !== undefined) return exactly('prefix', match.prefix_match);
  if (match.suffix_match !== undefined) return exactly('suffix', match.suffix_match);
  if (match.contains_match !== undefined) return exactly('contains', match.contains_match);
  if (match.safe_regex_match) {
    const value = match.safe_regex_match.regex ?? '';
    checkRegex(value, place.at('safe_regex_match').at('regex'));
    return { kind: 'regex', value };
  }
  if (match.range_match) {
    const { start = 0, end = 0 } = match.range_match;
    if (end <= start) place.at('range_match').wrong('is empty: end must be more than start');
    return { kind: 'range', start, end };
  }
  return { kind: 'present', present: match.present_match ?? true };
}

function queryMatch(match: QueryParameterMatcher, place: Place): QueryMatchPlan {
  if (!match.name) place.at('name').wrong('is required');
  const test = match.string_match
    ? stringMatch(match.string_match, place.at('string_match'))
    : ({ kind: 'present', present: match.present_match ?? true } as const);
  return { name: match.name ?? '', test };
}

function stringMatch(match: StringMatcher, place: Place): StringMatchPlan {
  const ignoreCase = match.ignore_case ?? false;
  if (match.safe_regex) {
    const value = match.safe_regex.regex ?? '';
    checkRegex(value, place.at('safe_regex').at('regex'));
    return { kind: 'regex', value };
  }
  if (match.exact !== undefined) return { kind: 'exact', value: match.exact, ignoreCase };
  for (const kind of ['prefix', 'suffix', 'contains'] as const) {
    const value = match[kind];
    if (value === undefined) continue;
    if (value === '') place.at(kind).wrong('must not be empty');
    return { kind, value, ignoreCase };
  }
  place.wrong('one of exact, prefix, suffix, contains or safe_regex is required');
  return { kind: 'exact', value: '', ignoreCase };
}
