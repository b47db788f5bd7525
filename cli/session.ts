import { ApiClient } from './api/client.ts';
import { discover, type ResourceKind } from './api/discovery.ts';
import { Failure } from './failure.ts';
import { namespaceOf, serverOf } from './options.ts';
import type { Terminal } from './output/terminal.ts';

/** What every command that talks to a control plane needs. */
export interface Session {
  readonly client: ApiClient;
  readonly kinds: readonly ResourceKind[];
  readonly namespace: string;
}

export interface SessionFlags {
  readonly server?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Finds the server and asks what it serves. */
export async function openSession(flags: SessionFlags): Promise<Session | Failure> {
  const server = serverOf(flags.server);
  if (server instanceof Failure) return server;
  const client = new ApiClient(server);
  const kinds = await discover(client);
  if (kinds instanceof Failure) return kinds;
  return { client, kinds, namespace: namespaceOf(flags.namespace) };
}

/** Prints `failure` and returns its exit code: the end of every command that could not do its work. */
export function fail(terminal: Terminal, failure: Failure): number {
  terminal.err(`${failure}\n`);
  return failure.code;
}
