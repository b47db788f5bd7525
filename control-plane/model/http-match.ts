import { headerName, headerValue } from './names.ts';
import type { Problems } from './problem.ts';
import { regex } from './regex.ts';
import { list, object, oneOf, preset, required, type Schema, text } from './schema.ts';

/** Gateway API HTTPRouteMatch. All that is given must hold. */
export interface HttpRouteMatch {
  path: PathMatch;
  headers: NameValueMatch[];
  queryParams: NameValueMatch[];
  method?: string;
}

export interface PathMatch {
  /** PathPrefix compares whole path elements: /a matches /a and /a/b, not /ab. */
  type: 'Exact' | 'PathPrefix' | 'RegularExpression';
  value: string;
}

export interface NameValueMatch {
  type: 'Exact' | 'RegularExpression';
  name: string;
  value: string;
}

const pathValue = text({ min: 1, max: 1024 });

/** Gateway API: absolute, and nothing that a server might normalise away. */
export function plainPath(value: string, path: string, problems: Problems): void {
  if (!value.startsWith('/')) problems.add(path, `must begin with "/"; got ${JSON.stringify(value)}`);
  const odd = /\/\/|\/\.\.?(\/|$)|%2f|[#?\s]/i.exec(value);
  if (odd) problems.add(path, `must not contain ${JSON.stringify(odd[0])}; got ${JSON.stringify(value)}`);
}

const pathFields = object<PathMatch>(
  {
    type: preset(oneOf(['Exact', 'PathPrefix', 'RegularExpression']), 'PathPrefix'),
    value: preset(pathValue, '/'),
  },
  {
    also: ({ type, value }, path, problems) => {
      if (type === 'RegularExpression') regex(value, `${path}.value`, problems);
      else plainPath(value, `${path}.value`, problems);
    },
  },
);

function nameValues(name: Schema<string>, fold: (name: string) => string): Schema<NameValueMatch[]> {
  return list(
    object<NameValueMatch>(
      {
        type: preset(oneOf(['Exact', 'RegularExpression']), 'Exact'),
        name: required(name),
        value: required(headerValue),
      },
      {
        also: (match, path, problems) => {
          if (match.type === 'RegularExpression') regex(match.value, `${path}.value`, problems);
        },
      },
    ),
    { max: 16, unique: { by: (match) => fold(match.name), path: 'name' } },
  );
}

/** RFC 9110 9.1: a method is a token; names that nobody registered are let through. */
export const method: Schema<string> = text({
  min: 1,
  max: 32,
  pattern: /^[A-Z][A-Z0-9!#$%&'*+\-.^_`|~]*$/,
  is: 'an HTTP method in capital letters',
});

export const everything: HttpRouteMatch = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] };

/** Conditions on headers, each name once. */
export const headerMatches: Schema<NameValueMatch[]> = nameValues(headerName, (name) => name.toLowerCase());

export const httpRouteMatch: Schema<HttpRouteMatch> = object<HttpRouteMatch>({
  path: preset(pathFields, everything.path),
  headers: preset(headerMatches, []),
  queryParams: preset(
    nameValues(text({ min: 1, max: 256 }), (name) => name),
    [],
  ),
  method: { schema: method, required: false },
});
