import { LineCounter, parseAllDocuments } from 'yaml';

/** A parsed document, or why it could not be parsed, with line and column. */
export type Parsed = { value: unknown; problem?: undefined } | { problem: string };

/**
 * The value of one YAML 1.2 or JSON document (JSON is YAML). Duplicate keys are errors; a text without any document, or
 * with several, is one too. `name` begins the message: `bootstrap.yaml:3:7: ...`.
 */
export function parseDocument(text: string, name: string): Parsed {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, version: '1.2', merge: true });
  if (!Array.isArray(documents) || documents[0] === undefined) return { problem: `${name}: the document is empty` };
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  for (const { errors } of documents) {
    if (errors[0]) return { problem: `${at(errors[0].pos[0])}: ${errors[0].message}` };
  }
  const second = documents[1];
  if (second) return { problem: `${at(second.range[0])}: a second document begins here; expected one` };
  try {
    return { value: documents[0].toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { problem: `${name}: ${(error as Error).message}` };
  }
}
