import { pino } from 'pino';

/** A structured logger: first the facts, then a human sentence. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
  child(facts: object): Log;
  level: string;
}

/** Logs JSON lines to standard error; `level` is one of trace, debug, info, warn, error, fatal, silent. */
export function createLog(name: string, level = 'info'): Log {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }));
}

/** For tests and for libraries that nobody listens to. */
export const silentLog: Log = pino({ level: 'silent' });
