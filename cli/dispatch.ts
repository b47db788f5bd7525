import { closest } from '../shared/struct/closest.ts';
import { exit, misuse } from './failure.ts';
import type { Terminal } from './output/terminal.ts';

/** What each file of a command exports: its help text, and how it runs. Resolves to the exit code. */
export interface Command {
  readonly usage: string;
  run(argv: string[], terminal: Terminal): Promise<number>;
}

interface Entry {
  readonly summary: string;
  load(): Promise<Command>;
}

const commands: Record<string, Entry> = {
  'control-plane': {
    summary: 'run a control plane: API, store, xDS',
    load: () => import('./control-plane.ts'),
  },
  sidecar: { summary: 'run a sidecar proxy', load: () => import('./sidecar.ts') },
  run: { summary: 'run a program with a sidecar beside it', load: () => import('./run.ts') },
  apply: { summary: 'make the mesh be as files say', load: () => import('./apply.ts') },
  get: { summary: 'list resources, or show some', load: () => import('./get.ts') },
  describe: { summary: 'show resources in full, with their conditions', load: () => import('./describe.ts') },
  delete: { summary: 'delete resources', load: () => import('./delete.ts') },
  diff: { summary: 'show what apply would change', load: () => import('./diff.ts') },
  validate: { summary: 'check files without a control plane', load: () => import('./validate.ts') },
  status: { summary: 'show every sidecar and what it runs', load: () => import('./status.ts') },
  version: { summary: 'print the version', load: () => import('./version.ts') },
};

const help = (): string =>
  [
    'Aya: a service mesh on Node.js.',
    '',
    'Usage: aya COMMAND [OPTIONS]',
    '',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(15)}${summary}`),
    '',
    "'aya COMMAND --help' explains a command.",
    '',
  ].join('\n');

/** True when `argv` asks for help itself, rather than passing the wish on to a program after `--`. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).some((each) => each === '--help' || each === '-h');
}

/** Runs the command that `argv` names; resolves to the exit code of the process. */
export async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = argv[0] === 'help' && argv[1] !== undefined ? [argv[1], '--help'] : argv;
  if (first === undefined || first === 'help' || first === '--help' || first === '-h') {
    (first === undefined ? terminal.err : terminal.out)(help());
    return first === undefined ? exit.usage : exit.ok;
  }
  const entry = commands[first === '--version' || first === '-v' ? 'version' : first];
  if (!entry) {
    const near = closest(first, Object.keys(commands));
    const hint = near ? `did you mean "aya ${near}"?` : `commands: ${Object.keys(commands).join(', ')}`;
    const failure = misuse(`there is no command "${first}"`, hint);
    terminal.err(`${failure}\n`);
    return failure.code;
  }
  const command = await entry.load();
  if (asksForHelp(rest)) {
    terminal.out(`${command.usage.trim()}\n`);
    return exit.ok;
  }
  return command.run(rest, terminal);
}
