/** What was found wrong while a message was read. Each line begins with the path of the field. */
export interface Findings {
  /** Never acceptable: the value cannot mean anything here. */
  readonly wrong: string[];
  /** Means something that this sidecar cannot do: refused, or with `--lenient` ignored with a warning. */
  readonly unsupported: string[];
}

export const noFindings = (): Findings => ({ wrong: [], unsupported: [] });

/** Sorts what reading a message found. A field that Aya does not have may be left out; an extension is asked for in earnest. */
export function sortFindings(problems: readonly string[]): Findings {
  const unsupported = problems.filter((each) => /: not supported$/.test(each));
  return { wrong: problems.filter((each) => !unsupported.includes(each)), unsupported };
}

/** Everything found, in one list. */
export const allOf = (findings: Findings): string[] => [...findings.wrong, ...findings.unsupported];

/**
 * Where a reader stands in a message, as in `static_resources.listeners[0].filter_chains[0]`, and where it notes what
 * is wrong there. Readers go on after a problem, so that one look names everything.
 */
export class Place {
  readonly path: string;
  readonly findings: Findings;

  constructor(path: string, findings: Findings = noFindings()) {
    this.path = path;
    this.findings = findings;
  }

  /** The place of a field below this one. */
  at(field: string): Place {
    return new Place(this.path === '' ? field : `${this.path}.${field}`, this.findings);
  }

  /** The place of an element of a repeated field. */
  index(field: string, index: number): Place {
    return this.at(`${field}[${index}]`);
  }

  /** The place of an entry of a map. */
  key(field: string, key: string): Place {
    return this.at(`${field}[${JSON.stringify(key)}]`);
  }

  wrong(text: string): void {
    if (!this.#isNoted()) this.findings.wrong.push(this.path === '' ? text : `${this.path}: ${text}`);
  }

  unsupported(why = ''): void {
    if (!this.#isNoted()) this.findings.unsupported.push(`${this.path}: ${notYet(why)}`);
  }

  /** Takes back what an earlier look at the bytes found here. */
  tolerate(): void {
    for (const list of [this.findings.wrong, this.findings.unsupported]) {
      for (let at = list.length - 1; at >= 0; at -= 1) if (list[at]?.startsWith(`${this.path}: `)) list.splice(at, 1);
    }
  }

  /** The same where doing without would be worse than not running: plain text for TLS, no check for a check. */
  refuse(why = ''): void {
    this.wrong(notYet(why));
  }

  /** What was found unsupported below this place is wrong: going on without would be less safe than what was asked for. */
  insist(): void {
    const { wrong, unsupported } = this.findings;
    const below = unsupported.filter(
      (line) => /^[.[:]/.test(line.slice(this.path.length)) && line.startsWith(this.path),
    );
    for (const line of below) unsupported.splice(unsupported.indexOf(line), 1);
    wrong.push(...below);
  }

  /** One line for a place is enough: an unknown type would otherwise be a missing value, too. */
  #isNoted(): boolean {
    const { wrong, unsupported } = this.findings;
    return this.path !== '' && [...wrong, ...unsupported].some((line) => line.startsWith(`${this.path}: `));
  }

  /** Notes each set field of `message` that the reader does not know how to honour: none is dropped in silence. */
  only<M extends object>(message: M, known: readonly (keyof M & string)[]): void {
    for (const [name, value] of Object.entries(message)) {
      if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      if (!(known as readonly string[]).includes(name)) this.at(name).unsupported();
    }
  }
}

const notYet = (why: string): string => (why === '' ? 'not supported yet' : `not supported yet (${why})`);
