import { envoy as contender } from '../../bench/contenders/envoy.ts';
import { findEnvoy } from '../../support/envoy.ts';
import { writeBootstrap } from './bootstrap.ts';
import type { Contestant } from './contestant.ts';

export const envoy: Contestant = {
  name: 'envoy',
  version: contender.version,
  policy: "the same file as Aya's, but least request, Envoy's retry budget (20 % of what is under way, at least 3)",
  command: (place) => [
    ...[findEnvoy() ?? 'envoy', '-c', writeBootstrap(place, false)],
    ...['--concurrency', '2', '--log-level', 'error', '--base-id', String(place.listen)],
  ],
};
