import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a proxy is started with. */
export interface Place {
  readonly folder: string;
  readonly listen: number;
  /** Where its statistics are. */
  readonly admin: number;
  readonly backends: readonly number[];
  /** Ports of the same backends where they speak HTTP/2. */
  readonly http2Backends: readonly number[];
}

/** What a row asks of a proxy; the same of all. */
export interface Setting {
  readonly workers: number;
  /** What clients speak, without TLS, and what the proxy speaks to backends where it can. `tcp`: bytes pass as they are. */
  readonly protocol: 'http1' | 'http2' | 'tcp';
  /** A file for JSON lines; null = no access log. */
  readonly accessLog: string | null;
  /** Large bodies pass through as they come, and are not gathered first. */
  readonly streaming: boolean;
  /** How many clients are connected at the same time. */
  readonly clients: number;
  /** Port of an xDS server that has clusters, endpoints and routes; null = all from the file. */
  readonly xds: number | null;
}

export const plain: Setting = {
  workers: 1,
  protocol: 'http1',
  accessLog: null,
  streaming: false,
  clients: 4000,
  xds: null,
};

export interface Contender {
  readonly name: string;
  /** It can be configured by an xDS server. */
  readonly dynamic: boolean;
  /** It takes `tcp` as its protocol. */
  readonly tcp: boolean;
  /** What it calls its version, or undefined when it is not here. */
  version(): string | undefined;
  /** Writes its configuration and returns the command that runs it in the foreground. */
  command(place: Place, setting: Setting): string[];
  /** Where its statistics are read. */
  statistics(place: Place): string;
}

/** What a command says, on either stream; undefined when there is none or it fails. */
export function said(command: string, ...args: string[]): string | undefined {
  try {
    // nginx tells its version on the standard error.
    return execFileSync('/bin/sh', ['-c', '"$@" 2>&1', 'sh', command, ...args], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Writes a file and returns its path. */
export function written(folder: string, name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}
