import type { FieldRow, Schema } from '../schema.ts';

const scalars: Record<string, string> = { string: 'string', bytes: 'Buffer', bool: 'boolean' };
/** Where all members are there whenever the message is; see presence.ts. */
const alwaysWhole = /^google\.protobuf\.(Any|Duration|\w+Value)$(?<!ListValue)/;
const header = '// Made from proto/ by `npm run generate`. Do not edit.\n';

/** The source of messages.gen.ts: one interface per message, one union of names per enum, and both by full name. */
export function messagesSource(schema: Schema): string {
  const names = shortNames([...Object.keys(schema.messages), ...Object.keys(schema.enums)]);
  const typeOf = (type: string): string =>
    type.startsWith('.') ? (names.get(type.slice(1)) ?? '') : (scalars[type] ?? 'number');
  const line = ([, name, type, label]: FieldRow, always: boolean): string => {
    if (label === 'repeated') return `  ${name}: ${typeOf(type)}[];\n`;
    if (label === 'map') return `  ${name}: Record<string, ${typeOf(type)}>;\n`;
    return `  ${name}${always ? '' : '?'}: ${typeOf(type)};\n`;
  };
  let text = header;
  for (const [full, values] of Object.entries(schema.enums)) {
    text += `\n/** ${full} */\nexport type ${names.get(full)} =${Object.keys(values)
      .map((name) => `\n  | '${name}'`)
      .join('')};\n`;
  }
  for (const [full, rows] of Object.entries(schema.messages)) {
    const name = names.get(full);
    text += `\n/** ${full} */\n`;
    text +=
      rows.length === 0
        ? `export type ${name} = Record<never, never>;\n`
        : `export interface ${name} {\n${rows.map((row) => line(row, alwaysWhole.test(full))).join('')}}\n`;
  }
  text += '\n/** Every message by its full name. */\nexport interface Messages {\n';
  for (const full of Object.keys(schema.messages)) text += `  '${full}': ${names.get(full)};\n`;
  return `${text}}\n`;
}

/** The source of schema.gen.ts: the descriptors, and the names of the fields that Envoy has and Aya leaves out. */
export function schemaSource(schema: Schema, leftOut: Record<string, Record<number, string>>): string {
  const block = (entries: Record<string, unknown>): string =>
    Object.entries(entries)
      .map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`)
      .join('');
  return `${header}import type { Schema } from './schema.ts';

export const schema: Schema = {
  messages: {
${block(schema.messages)}  },
  enums: {
${block(schema.enums)}  },
};

/** Fields that Envoy has and Aya does not, by message and number, so that a refusal can name them. */
export const leftOut: Record<string, Record<number, string>> = {
${block(leftOut).replace(/^ {4}/gm, '  ')}};
`;
}

/**
 * TypeScript names: the name within the package, nested names joined (`ClusterLbPolicy`). Where two packages share one,
 * envoy.config keeps it and the other takes a word of its package in front (`HttpHttpProtocolOptions`).
 */
function shortNames(full: string[]): Map<string, string> {
  const names = new Map<string, string>();
  // What is of every program's world keeps its name.
  const taken = new Set(['Buffer']);
  const rank = (name: string): number => (name.startsWith('envoy.config.') ? 0 : 1);
  for (const each of [...full].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
    const parts = each.split('.');
    const at = parts.findIndex((part) => /^[A-Z]/.test(part));
    const scope = parts.slice(0, at).filter((part) => !/^v\d/.test(part) && part !== 'envoy' && part !== 'extensions');
    let name = parts.slice(at).join('');
    while (taken.has(name)) {
      const word = scope.pop() ?? '_';
      name = word.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase()) + name;
    }
    taken.add(name);
    names.set(each, name);
  }
  return names;
}
