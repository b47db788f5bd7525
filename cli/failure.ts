/** Exit codes that scripts rely on. `diff` shifts them: 0 same, 1 differs, 2 or more an error, as diff(1) and kubectl do. */
export const exit = { ok: 0, error: 1, usage: 2 } as const;

/** An expected failure: a value that a command hands up until it is printed in one place. */
export class Failure {
  readonly message: string;
  /** What to do about it, one sentence each. */
  readonly hints: readonly string[];
  readonly code: number;

  constructor(message: string, hints: readonly string[] = [], code: number = exit.error) {
    this.message = message;
    this.hints = hints;
    this.code = code;
  }

  toString(): string {
    return [`error: ${this.message}`, ...this.hints.map((hint) => `  ${hint}`)].join('\n');
  }
}

/** The command line itself is wrong: exit code 2. */
export function misuse(message: string, ...hints: string[]): Failure {
  return new Failure(message, hints, exit.usage);
}
