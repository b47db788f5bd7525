import { type Schema, text } from './schema.ts';

/**
 * A regular expression that the data plane runs in linear time: no back-references and no look-around (decision D29: what
 * V8's `l` flag compiles; that flag is experimental, so the two constructs are looked for here). Matches the whole value.
 */
export const regex: Schema<string> = (value, path, problems) => {
  const source = text({ min: 1, max: 1024 })(value, path, problems);
  try {
    new RegExp(`^(?:${source})$`);
  } catch (error) {
    problems.add(path, `must be a regular expression: ${(error as Error).message}`);
    return source;
  }
  const bare = source.replace(/\\[^1-9k]/g, '').replace(/\[[^\]]*\]/g, '');
  const look = /\(\?(=|!|<=|<!)/.exec(bare);
  if (look) problems.add(path, `look-around "(?${look[1]}" is not supported: it cannot be matched in linear time`);
  const back = /\\([1-9]|k<)/.exec(bare);
  if (back) problems.add(path, `back-reference "\\${back[1]}" is not supported: it cannot be matched in linear time`);
  return source;
};
