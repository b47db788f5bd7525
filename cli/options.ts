import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { environment } from './environment.ts';
import { type Failure, misuse } from './failure.ts';

/** Options of every command that talks to the API. */
export const apiOptions = {
  server: { type: 'string', short: 's' },
  namespace: { type: 'string', short: 'n' },
} as const satisfies ParseArgsOptionsConfig;

export const outputOption = { output: { type: 'string', short: 'o' } } as const satisfies ParseArgsOptionsConfig;
export const filesOption = {
  filename: { type: 'string', short: 'f', multiple: true },
} as const satisfies ParseArgsOptionsConfig;

export const apiUsage = `  -s, --server URL     the API of the control plane (AYA_SERVER; default http://127.0.0.1:15080)
  -n, --namespace NS   the namespace (AYA_NAMESPACE; default "default")`;

const defaultServer = 'http://127.0.0.1:15080';

/** Options as \`config\` declares them and the other words, or what is wrong with the command line. */
export function parseOptions<T extends ParseArgsOptionsConfig>(argv: string[], config: T) {
  try {
    return parseArgs({ args: argv, options: config, allowPositionals: true, strict: true });
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      return misuse((error.message.split('. ')[0] ?? error.message).replace(/^./, (first) => first.toLowerCase()));
    }
    throw error;
  }
}

/** Where the API is: the flag, then the environment, then this machine. `HOST:PORT` alone means http. */
export function serverOf(flag: string | undefined): URL | Failure {
  const text = flag ?? environment.server ?? defaultServer;
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  return URL.canParse(full) ? new URL(full) : misuse(`--server "${text}" is no URL`, `write it as ${defaultServer}`);
}

export function namespaceOf(flag: string | undefined): string {
  return flag ?? environment.namespace ?? 'default';
}

/** The value of `-o` when it is one of `known`; undefined stands for a table. */
export function outputOf<K extends string>(flag: string | undefined, known: readonly K[]): K | undefined | Failure {
  if (flag === undefined) return undefined;
  return (
    known.find((each) => each === flag) ?? misuse(`-o "${flag}" is not known`, `choose one of ${known.join(', ')}`)
  );
}
