import type { HeaderValueOption } from '../../shared/xds/messages.gen.ts';
import type { HeaderAddPlan, HeaderMutations } from '../core/plan/route.ts';
import { checkFormat } from '../telemetry/format.ts';
import { headerValue } from './message-text.ts';
import type { Place } from './place.ts';

const actions = {
  APPEND_IF_EXISTS_OR_ADD: 'append',
  ADD_IF_ABSENT: 'add-if-absent',
  OVERWRITE_IF_EXISTS_OR_ADD: 'overwrite',
  OVERWRITE_IF_EXISTS: 'overwrite-if-exists',
} as const;

/** RFC 9110 5.6.2: what a field name may consist of. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Names that Envoy does not let a mutation touch either: they belong to the framing, or to the routing. */
const reserved = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

/** The pair `KIND_headers_to_add` and `KIND_headers_to_remove` of the message at `place`. */
export function headerMutations(
  kind: 'request' | 'response',
  add: readonly HeaderValueOption[],
  remove: readonly string[],
  place: Place,
): HeaderMutations {
  return {
    remove: remove.map((name, at) => headerName(name, place.index(`${kind}_headers_to_remove`, at))),
    add: add.map((option, at) => addition(option, place.index(`${kind}_headers_to_add`, at))),
  };
}

function addition(option: HeaderValueOption, place: Place): HeaderAddPlan {
  place.only(option, ['header', 'append_action', 'keep_empty_value']);
  if (!option.header) place.at('header').wrong('is required');
  const at = place.at('header').at('value');
  const value = headerValue(option.header?.value, at);
  if (value === '' && !option.keep_empty_value) at.unsupported('an empty value needs keep_empty_value');
  for (const problem of checkFormat(value, 'header')) at.wrong(problem);
  return {
    name: headerName(option.header?.key ?? '', place.at('header').at('key')),
    value,
    action: actions[option.append_action ?? 'APPEND_IF_EXISTS_OR_ADD'],
  };
}

/** A field name, lower case. */
export function headerName(name: string, place: Place): string {
  const lower = name.toLowerCase();
  if (lower === '') place.wrong('a header name is required');
  else if (lower.startsWith(':')) place.wrong(`"${name}" is part of the request line and cannot be changed here`);
  else if (!token.test(name)) place.wrong(`"${name}" is no header name`);
  else if (reserved.has(lower)) place.wrong(`"${name}" belongs to the framing and cannot be changed here`);
  return lower;
}
