import { plainPath } from './http-match.ts';
import { headerName, headerValue, subdomain } from './names.ts';
import type { Problems } from './problem.ts';
import { integer, list, object, oneOf, optional, preset, required, type Schema, text } from './schema.ts';

/** Gateway API HTTPRouteFilter: exactly the field that `type` names is there. */
export interface HttpRouteFilter {
  type: 'RequestHeaderModifier' | 'ResponseHeaderModifier' | 'RequestRedirect' | 'URLRewrite';
  requestHeaderModifier?: HeaderModifier;
  responseHeaderModifier?: HeaderModifier;
  requestRedirect?: RequestRedirect;
  urlRewrite?: UrlRewrite;
}

/** Removed first, then set, then added. */
export interface HeaderModifier {
  set: HeaderLine[];
  add: HeaderLine[];
  remove: string[];
}

export interface HeaderLine {
  name: string;
  value: string;
}

export interface RequestRedirect {
  scheme?: 'http' | 'https';
  hostname?: string;
  path?: PathModifier;
  port?: number;
  statusCode: number;
}

export interface UrlRewrite {
  hostname?: string;
  path?: PathModifier;
}

export interface PathModifier {
  type: 'ReplaceFullPath' | 'ReplacePrefixMatch';
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}

const byName = { by: (line: HeaderLine): string => line.name.toLowerCase(), path: 'name' };
const lines = list(object<HeaderLine>({ name: required(headerName), value: required(headerValue) }), {
  max: 16,
  unique: byName,
});

export const headerModifier: Schema<HeaderModifier> = object<HeaderModifier>({
  set: preset(lines, []),
  add: preset(lines, []),
  remove: preset(list(headerName, { max: 16, unique: { by: (name) => name.toLowerCase(), path: '' } }), []),
});

const replacement: Schema<string> = (value, path, problems) => {
  const path_ = text({ max: 1024 })(value, path, problems);
  if (path_ !== '') plainPath(path_, path, problems);
  return path_;
};

const pathModifier = object<PathModifier>(
  {
    type: required(oneOf(['ReplaceFullPath', 'ReplacePrefixMatch'])),
    replaceFullPath: optional(replacement),
    replacePrefixMatch: optional(replacement),
  },
  {
    also: (modifier, path, problems) =>
      onlyNamed(modifier, modifier.type, ['replaceFullPath', 'replacePrefixMatch'], path, problems),
  },
);

const port = integer(1, 65535);
const redirectStatus: Schema<number> = (value, path, problems) => {
  const known = [301, 302, 303, 307, 308];
  if (!known.includes(value as number))
    problems.add(path, `must be one of ${known.join(', ')}; got ${JSON.stringify(value)}`);
  return value as number;
};

const variants = ['requestHeaderModifier', 'responseHeaderModifier', 'requestRedirect', 'urlRewrite'] as const;

export const httpRouteFilter: Schema<HttpRouteFilter> = object<HttpRouteFilter>(
  {
    type: required(
      oneOf(
        ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite'],
        ['RequestMirror', 'CORS', 'ExternalAuth', 'ExtensionRef'],
      ),
    ),
    requestHeaderModifier: optional(headerModifier),
    responseHeaderModifier: optional(headerModifier),
    requestRedirect: optional(
      object<RequestRedirect>({
        scheme: optional(oneOf(['http', 'https'])),
        hostname: optional(subdomain),
        path: optional(pathModifier),
        port: optional(port),
        statusCode: preset(redirectStatus, 302),
      }),
    ),
    urlRewrite: optional(object<UrlRewrite>({ hostname: optional(subdomain), path: optional(pathModifier) })),
  },
  {
    later: ['requestMirror', 'cors', 'externalAuth', 'extensionRef'],
    also: (filter, path, problems) => onlyNamed(filter, filter.type, variants, path, problems),
  },
);

/** A union in the manner of Kubernetes: the field that `type` names must be there, and no other. */
export function onlyNamed<T extends object>(
  value: T,
  type: string,
  names: readonly (keyof T & string)[],
  path: string,
  problems: Problems,
): void {
  for (const name of names) {
    const named = name.toLowerCase() === type.toLowerCase();
    if (named && value[name] === undefined) {
      problems.add(`${path}.${name}`, `required when type is ${type}`, 'FieldValueRequired');
    } else if (!named && value[name] !== undefined) {
      problems.add(`${path}.${name}`, `must be absent when type is ${type}`, 'FieldValueForbidden');
    }
  }
}
