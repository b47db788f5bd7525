interface Edit {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

/** Unchanged lines shown around a change. */
const context = 3;

/**
 * The differences of two texts as unified hunks; empty when they are equal. By the table of longest common subsequences: the
 * texts are single resources, at most some thousand lines.
 */
export function lineDiff(before: string, after: string): string {
  const edits = editsOf(linesOf(before), linesOf(after));
  const near = edits.map((_, at) =>
    edits.slice(Math.max(0, at - context), at + context + 1).some(({ mark }) => mark !== ' '),
  );
  let [oldLine, newLine, text] = [1, 1, ''];
  edits.forEach(({ mark, line }, at) => {
    if (near[at]) {
      if (!near[at - 1]) text += `@@ -${oldLine} +${newLine} @@\n`;
      text += `${mark}${line}\n`;
    }
    if (mark !== '+') oldLine += 1;
    if (mark !== '-') newLine += 1;
  });
  return text;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.split('\n'));

function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      edits.push({ mark: ' ', line: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      edits.push({ mark: '-', line: left });
      i += 1;
    } else {
      edits.push({ mark: '+', line: right ?? '' });
      j += 1;
    }
  }
  return edits;
}
