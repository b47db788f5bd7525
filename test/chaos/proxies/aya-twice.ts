import path from 'node:path';
import process from 'node:process';
import { aya as contender, launcher } from '../../bench/contenders/aya.ts';
import { type Place, written } from '../../bench/contenders/contender.ts';
import { bootstrap, cluster, forward, httpListener, retryClasses } from '../../support/bootstrap.ts';
import { http2, writeBootstrap } from './bootstrap.ts';
import type { Contestant } from './contestant.ts';

const program = path.resolve(import.meta.dirname, '../../programs/sidecars.ts');

/** Ports of the sidecars beside the backends: below those of the backends. */
const beside = (port: number): number => port - 1;

/** What the control plane writes for calls to a sidecar's own program. */
function writeInbound({ folder, http2Backends }: Place, port: number): string {
  const retry = { retry_policy: { retry_on: 'reset', num_retries: 1 }, timeout: '0s' };
  const listener = httpListener({ port: beside(port), routes: [forward('inbound', retry, retryClasses())] });
  const document = bootstrap([listener], [cluster('inbound', [port], http2Backends.length > 0 ? http2 : {})]);
  return written(folder, `inbound-${port}.json`, JSON.stringify(document, null, 2));
}

export const ayaTwice: Contestant = {
  name: 'aya-twice',
  version: contender.version,
  policy: 'as in a mesh: a sidecar beside the client, as aya, and one beside each backend',
  command(place) {
    const inbound = place.backends.map((port) => writeInbound(place, port));
    const outbound = writeBootstrap({ ...place, backends: place.backends.map(beside) }, true);
    return [process.execPath, program, launcher, ...inbound, outbound];
  },
};
