/**
 * The value of a JSON document, or undefined when it is none, or has a key twice in one object: the reader of YAML
 * (document.ts) says then what is wrong and where. It is worth avoiding for all others, being larger than what it reads.
 */
export function plainJson(text: string): { readonly value: unknown } | undefined {
  let properties = 0;
  try {
    const value: unknown = JSON.parse(text, (_key, each: unknown) => {
      if (typeof each === 'object' && each !== null && !Array.isArray(each)) properties += Object.keys(each).length;
      return each;
    });
    return properties === keysIn(text) ? { value } : undefined;
  } catch {
    return undefined;
  }
}

/** In valid JSON a string before a colon is a key, and all strings begin and end where this sees them. */
function keysIn(text: string): number {
  let keys = 0;
  for (const [, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) if (colon !== undefined) keys += 1;
  return keys;
}
