/**
 * The elements of a comma-separated field value, lower case, without the spaces and tabs around them (RFC 9110 5.6.1).
 * Not `trim`: that takes away other characters, too, and two readers would disagree about what stands there.
 */
export function elements(value: string): string[] {
  const list = value.toLowerCase().split(',');
  for (let at = 0; at < list.length; at += 1) list[at] = withoutBlanks(list[at] as string);
  return list;
}

export function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x20 || code === 0x09;
}
