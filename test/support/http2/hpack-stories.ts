import { readFileSync } from 'node:fs';

/** A header section of a story, and its block by the encoder that the story is told by. */
interface StoryCase {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly blocks: ReadonlyMap<string, Buffer>;
}

/** What one connection carries: blocks of one encoder build on those before. */
export interface Story {
  readonly number: number;
  readonly cases: readonly StoryCase[];
}

/** Stories of http2jp/hpack-test-case; see the head of the file. */
export function hpackStories(): Story[] {
  const stories: { number: number; cases: { fields: [string, string][]; blocks: Map<string, Buffer> }[] }[] = [];
  for (const line of readFileSync(new URL('hpack-stories.txt', import.meta.url), 'latin1').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [first = '', second = ''] = line.split('\t');
    const cases = stories.at(-1)?.cases;
    if (first.startsWith('story ')) stories.push({ number: Number(first.slice(6)), cases: [] });
    else if (first === 'case') cases?.push({ fields: [], blocks: new Map() });
    else if (first.startsWith('> ')) cases?.at(-1)?.blocks.set(first.slice(2), Buffer.from(second, 'base64'));
    else cases?.at(-1)?.fields.push([first, second]);
  }
  return stories;
}
