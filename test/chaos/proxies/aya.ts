import { aya as contender, launcher } from '../../bench/contenders/aya.ts';
import { writeBootstrap } from './bootstrap.ts';
import type { Contestant } from './contestant.ts';

export const aya: Contestant = {
  name: 'aya',
  version: contender.version,
  policy:
    'peak EWMA; 2 retries on 5xx, reset, connect failure elsewhere (GET only once sent), per try 250 ms, budget 20 % of requests, at least ' +
    '10/s; health check each 500 ms; outlier detection: 5 in a row, at most half',
  command: (place) => [launcher, 'sidecar', '-c', writeBootstrap(place, true)],
};
